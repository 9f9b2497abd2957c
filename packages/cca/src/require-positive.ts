import { SslError } from '@ssl/core';

/** Refuses a setting that is not above 0: something is divided by it or by its root. */
export function requirePositive(loss: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) {
    throw new SslError(`${loss} needs ${name} above 0, got ${value}. Leave it out for the paper's.`, { from: '@ssl/cca' });
  }
}
