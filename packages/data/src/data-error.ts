import { SslError } from '@ssl/core';

/** An error of this package: what was needed, what came, what to do. */
export function dataError(message: string, cause?: unknown): SslError {
  return new SslError(message, { from: '@ssl/data', ...(cause === undefined ? {} : { cause }) });
}

/** What went wrong, in a few words: the error's code or the first line of its message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && code.startsWith('E') && !code.startsWith('ERR_')) return code;
  return (error.message.split('\n')[0] ?? '').slice(0, 300);
}
