import type { Comparison, RepresentationKey } from './compare-features.js';

/** Accuracy of one representation. */
export interface KnnFigures {
  readonly accuracy: number;
  readonly macroAccuracy: number;
}

/** `summary.json` of a finished run. */
export interface RunSummary {
  /** Left out where the data has no classes. */
  readonly knn?: Readonly<Partial<Record<RepresentationKey, KnnFigures>>>;
  readonly trainSeconds: number;
  readonly viewsPerSecond: number;
  readonly epochs: number;
  readonly device: string;
  /** Paths of the page and of the checkpoint. */
  readonly report: string;
  readonly checkpoint: string;
}

/** The figures of a comparison that the summary keeps. */
export function knnFigures({ rows }: Comparison): NonNullable<RunSummary['knn']> {
  return Object.fromEntries(rows.map(({ key, majority: { accuracy, macroAccuracy } }) => [key, { accuracy, macroAccuracy }]));
}
