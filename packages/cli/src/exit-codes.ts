/** What the process ends with. */
export const exitCodes = {
  /** Everything asked for was done. */
  success: 0,
  /** Something went wrong; the message says what to do. */
  error: 1,
  /** The command line or the configuration is wrong; nothing was started. */
  usage: 2,
  /**
   * 128 and the number of the signal that ended the command: 130 Ctrl-C, 143 SIGTERM, 129 the terminal was closed, 138 SIGUSR1, 141 the
   * output was closed. Where training was under way, a checkpoint was saved.
   */
  signalled: (signal: number): number => 128 + signal,
} as const;
