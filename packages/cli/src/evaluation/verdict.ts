import type { RunSummary } from './run-summary.js';

/** What the figures mean, said plainly: what was beaten, and what was not. */
export function verdict(knn: NonNullable<RunSummary['knn']>): string {
  const { trained } = knn;
  if (trained === undefined) return 'The trained network could not be compared.';
  const names = { rawPixels: 'raw pixels', colourHistogram: 'the colour histogram', hog: 'HOG', untrained: 'its own untrained start' } as const;
  const others = Object.entries(names).flatMap(([key, name]) => {
    const figures = knn[key as keyof typeof names];
    return figures === undefined ? [] : [{ name, points: 100 * (trained.accuracy - figures.accuracy) }];
  });
  const beaten = others.filter(({ points }) => points > 0);
  const lost = others.filter(({ points }) => points <= 0);
  const list = (entries: typeof others): string => entries.map(({ name, points }) => `${name} by ${Math.abs(points).toFixed(1)}`).join(', ');
  const won = beaten.length === 0 ? 'The trained network beats none of the others' : `The trained network beats ${list(beaten)} points`;
  return lost.length === 0 ? `${won}.` : `${won}; ${list(lost)} points ${lost.length === 1 ? 'is' : 'are'} still ahead.`;
}
