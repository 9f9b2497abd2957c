import { SslError } from '@ssl/core';

/** The command line or the configuration is wrong: exit code 2, nothing was started. */
export class UsageError extends SslError {
  override readonly name: string = 'UsageError';

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { from: '@ssl/cli', ...options });
  }
}
