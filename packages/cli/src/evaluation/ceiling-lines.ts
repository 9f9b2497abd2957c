import type { Comparison } from './compare-features.js';

/** What the figures of a comparison are to be held against: naming the largest class, and what no features can get right. */
export function ceilingLines({ k, ceiling: { count, hopeless, alone, accuracy, largestClass } }: Pick<Comparison, 'k' | 'ceiling'>): string[] {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  const reason =
    alone === hopeless ? `${hopeless === 1 ? 'has' : 'have'} no other image of the class` : `${hopeless === 1 ? 'has' : 'have'} too few others of the class for ${String(k)} votes (${String(alone)} of them none)`;
  return [
    `Naming the largest class alone: ${percent(largestClass)}.`,
    ...(hopeless === 0 ? [] : [`At most ${percent(accuracy)} can be right: of ${String(count)} images ${String(hopeless)} ${reason}.`]),
  ];
}
