import { SslError } from '../errors.js';

/** Refuses factors outside 0 to 1 and sizes that are not above 0, by name. */
export function checkOptimizerOptions(
  optimizer: string,
  factors: Readonly<Record<string, number>>,
  options: { readonly epsilon?: number; readonly eta?: number; readonly nesterov?: boolean },
): void {
  const fail = (what: string) => {
    throw new SslError(`${optimizer} needs ${what}.`, { from: '@ssl/core' });
  };
  for (const [name, value] of Object.entries(factors)) {
    if (!(value >= 0 && value < 1)) fail(`${name} from 0 to below 1, got ${value}; usual values are 0.9 and 0.999`);
  }
  for (const name of ['epsilon', 'eta'] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && value < Infinity)) fail(`${name} above 0, got ${value}; see its defaults`);
  }
  if (options.nesterov === true && !((factors.momentum ?? 0) > 0 && (factors.dampening ?? 0) === 0)) {
    fail(
      `a momentum above 0 and dampening 0 for Nesterov's correction, got momentum ${factors.momentum} and ` +
        `dampening ${factors.dampening}; change them or set nesterov: false`,
    );
  }
}
