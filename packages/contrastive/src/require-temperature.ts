import { SslError } from '@ssl/core';

/** Refuses a temperature that is not above 0: similarities are divided by it. */
export function requireTemperature(who: string, temperature: number): void {
  if (!(temperature > 0 && Number.isFinite(temperature))) {
    throw new SslError(`${who} needs a temperature above 0, got ${temperature}. Usual values are 0.05 to 1.`, { from: '@ssl/contrastive' });
  }
}
