/** What the process ends with. */
export const exitCodes = {
  /** Everything asked for was done. */
  success: 0,
  /** Something went wrong; the message says what to do. */
  error: 1,
  /** The command line or the configuration is wrong; nothing was started. */
  usage: 2,
  /** Ctrl-C or a termination signal; a checkpoint was saved where training was under way. */
  interrupted: 130,
} as const;
