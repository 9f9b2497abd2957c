/**
 * Which figures are best, to the tenth of a point that is shown: one '< best', or several '< best, level'; where all are level nothing is marked.
 *
 * @example
 * bestMarks([0.5, 0.7, 0.70001]); // ['', '< best, level', '< best, level']
 */
export function bestMarks(accuracies: readonly number[]): string[] {
  const shown = accuracies.map((accuracy) => Math.round(1000 * accuracy));
  const best = shown.filter((value) => value === Math.max(...shown)).length;
  if (best === shown.length) return shown.map(() => '');
  return shown.map((value) => (value === Math.max(...shown) ? (best === 1 ? '< best' : '< best, level') : ''));
}
