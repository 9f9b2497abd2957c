import type { RunSummary } from './run-summary.js';

const names = {
  rawPixels: 'raw pixels',
  colourHistogram: 'the colour histogram',
  hog: 'HOG',
  untrained: 'its own untrained start',
  start: 'the weights it started from',
} as const;

/** What the figures mean, said plainly: what was beaten, what is level to a tenth of a point, and what was not beaten. */
export function verdict(knn: NonNullable<RunSummary['knn']>): string {
  const { trained } = knn;
  if (trained === undefined) return 'The trained network could not be compared.';
  const others = Object.entries(names).flatMap(([key, name]) => {
    const figures = knn[key as keyof typeof names];
    return figures === undefined ? [] : [{ name, tenths: Math.round(1000 * (trained.accuracy - figures.accuracy)) }];
  });
  const beaten = others.filter(({ tenths }) => tenths > 0);
  const level = others.filter(({ tenths }) => tenths === 0);
  const lost = others.filter(({ tenths }) => tenths < 0);
  const list = (entries: typeof others): string => entries.map(({ name, tenths }) => `${name} by ${Math.abs(tenths / 10).toFixed(1)}`).join(', ');
  return [
    beaten.length === 0 ? 'The trained network beats none of the others' : `The trained network beats ${list(beaten)} points`,
    ...(level.length === 0 ? [] : [`${level.map(({ name }) => name).join(', ')} ${level.length === 1 ? 'is' : 'are'} level with it`]),
    ...(lost.length === 0 ? [] : [`${list(lost)} points ${lost.length === 1 ? 'is' : 'are'} still ahead`]),
  ].join('; ') + '.';
}
