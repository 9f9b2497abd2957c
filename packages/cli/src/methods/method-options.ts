import { didYouMean } from '../config/closest.js';
import { UsageError } from '../usage-error.js';
import type { AnyPlugin } from './plugins-of.js';

/**
 * The options that a method is made with: its defaults, its small-data preset where that applies, and what the user set.
 *
 * @throws UsageError for an option that the method does not have, or of another type.
 */
export function methodOptions(plugin: AnyPlugin, smallData: boolean, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const known = Object.keys(plugin.defaults);
  for (const [key, value] of Object.entries(given)) {
    if (!known.includes(key)) {
      throw new UsageError(`${plugin.name} has no option '${key}'.${didYouMean(key, known) || ` It has ${known.join(', ') || 'none'}.`}`);
    }
    const standard = plugin.defaults[key];
    if (standard !== undefined && standard !== null && typeof standard !== typeof value) {
      throw new UsageError(`The option '${key}' of ${plugin.name} needs a ${typeof standard} such as ${JSON.stringify(standard)}, got ${JSON.stringify(value)}.`);
    }
  }
  return { ...plugin.defaults, ...(smallData ? plugin.smallData : {}), ...given };
}
