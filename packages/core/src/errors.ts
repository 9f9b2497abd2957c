const marker = Symbol.for('@ssl/error');

export interface SslErrorOptions extends ErrorOptions {
  /** Package or method the error speaks for: `@ssl/data`. */
  readonly from: string;
}

/**
 * Every error that is meant for the user. A message has three parts: what was needed, what came, what to do.
 * Recognise it with {@link isSslError}, which survives duplicate installs.
 */
export class SslError extends Error {
  override readonly name: string = 'SslError';
  readonly [marker] = true;

  constructor(message: string, { from, ...options }: SslErrorOptions) {
    super(`[${from}] ${message}`, options);
  }
}

/** True for an {@link SslError} of any copy of this package. */
export function isSslError(error: unknown): error is SslError {
  return typeof error === 'object' && error !== null && marker in error;
}
