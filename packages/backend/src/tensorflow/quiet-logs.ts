/** What is used of a library that koffi opened. */
export interface NativeLibrary {
  func(name: string, result: string, parameters: string[]): (...values: unknown[]) => unknown;
}

/** The user's own wish, by TensorFlow's variable: 0 everything, 1 warnings, 2 errors (the default here), 3 fatal errors. */
function wantedLevel(): number {
  const level = Number(process.env.TF_CPP_MIN_LOG_LEVEL ?? '2');
  return Number.isInteger(level) ? level : 2;
}

/** Silences TensorFlow's notes below {@link wantedLevel}. It does not read TF_CPP_MIN_LOG_LEVEL itself any more. */
export function quietLogs(framework: NativeLibrary): void {
  try {
    framework.func('_ZN4absl12lts_2025081414SetMinLogLevelENS0_18LogSeverityAtLeastE', 'void', ['int'])(wantedLevel());
  } catch {
    // a build with another Abseil: it stays talkative
  }
}

/**
 * Runs `work` with the standard error stream closed to native code: while the framework library is being loaded it
 * prints a note about oneDNN, before any level can be set.
 */
export function withQuietErrors<T>(system: NativeLibrary, work: () => T): T {
  if (process.platform === 'win32' || wantedLevel() < 1) return work();
  const duplicate = system.func('dup', 'int', ['int']);
  const replace = system.func('dup2', 'int', ['int', 'int']);
  const open = system.func('open', 'int', ['const char *', 'int']);
  const close = system.func('close', 'int', ['int']);
  const standardError = duplicate(2) as number;
  const nowhere = open('/dev/null', 1) as number; // O_WRONLY
  if (standardError < 0 || nowhere < 0) return work();
  replace(nowhere, 2);
  try {
    return work();
  } finally {
    replace(standardError, 2);
    close(standardError);
    close(nowhere);
  }
}
