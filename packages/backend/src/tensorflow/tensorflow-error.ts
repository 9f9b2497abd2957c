import { SslError, type SslErrorOptions } from '@ssl/core';

/** What libtensorflow answered to a wrong call: its own message, and the call that caused it. */
export class TensorflowError extends SslError {
  override readonly name = 'TensorflowError';
  /** TF_Code: 3 invalid argument, 5 not found, 8 resource exhausted, 12 unimplemented, 13 internal … */
  readonly code: number;

  constructor(message: string, code: number, options: Partial<SslErrorOptions> = {}) {
    super(message, { from: '@ssl/backend', ...options });
    this.code = code;
  }
}
