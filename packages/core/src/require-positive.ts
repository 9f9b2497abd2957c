import { SslError } from './errors.js';

/**
 * Refuses a setting by which, or by whose root, something is divided, unless it is above 0.
 *
 * @param value - What was given.
 * @param name - Of the setting, with its article where it has one: `a temperature`.
 * @param who - The loss or method that needs it.
 * @param from - Its package.
 * @throws SslError where it is 0, negative, infinite or no number.
 * @example
 * requirePositive(temperature, 'a temperature', 'ntXent', '@ssl/contrastive');
 */
export function requirePositive(value: number, name: string, who: string, from: string): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new SslError(`${who} needs ${name} above 0, got ${value}. Leave it out for the default.`, { from });
}
