import { childSeed, SslError } from '@ssl/core';
import { checkLabels } from '../features/check-labels.js';
import type { LabelledFeatures } from '../features/features.js';
import { takeRows } from '../features/take-rows.js';
import { columnMeans, unitRows } from '../features/unit-rows.js';
import { nearestNeighbours } from '../knn/nearest-neighbours.js';
import { classificationReport } from '../metrics/classification-report.js';
import { fitLogistic, predictLogistic } from './fit-logistic.js';
import { standardiser } from './standardise.js';

export interface FewShotOptions {
  /** Labelled examples of each class. */
  readonly shots?: number;
  /** Draws; each takes other examples. */
  readonly repeats?: number;
  /** 'centroid': the nearest mean of a class by cosine, after centring; 'logistic': a linear layer, solved by L-BFGS. */
  readonly classifier?: 'centroid' | 'logistic';
  /** Of the logistic classifier. */
  readonly penalty?: number;
  /** Test images. Left out: all rows that were not drawn and share no group with a drawn one. */
  readonly test?: LabelledFeatures;
  readonly classCount?: number;
  readonly seed?: number;
}

export const fewShotDefaults = { shots: 5, repeats: 10, classifier: 'centroid', penalty: 0.01, seed: 0 } as const satisfies FewShotOptions;

/** A figure over repeated draws. */
export interface MeanAndDeviation {
  readonly mean: number;
  /** Sample standard deviation over the draws (n - 1); 0 for one draw. */
  readonly deviation: number;
  readonly values: readonly number[];
}

export interface FewShotResult {
  readonly accuracy: MeanAndDeviation;
  readonly macroAccuracy: MeanAndDeviation;
}

/**
 * Classification from a few labelled examples of each class, repeated with other examples: mean and deviation.
 *
 * @param bank Labelled features to draw examples from. Of one group at most one example is drawn.
 * @throws SslError where a class has fewer groups than `shots`.
 * @example
 * const { accuracy } = await fewShot(features, { shots: 5, repeats: 20 });
 * console.log(accuracy.mean, accuracy.deviation);
 * @see Snell et al. 2017, "Prototypical Networks for Few-shot Learning" (the centroid classifier).
 */
export async function fewShot(bank: LabelledFeatures, options: FewShotOptions = {}): Promise<FewShotResult> {
  const { shots, repeats, classifier, penalty, seed } = { ...fewShotDefaults, ...options };
  const classCount = checkLabels(options.test === undefined ? [bank] : [bank, options.test], options.classCount);
  if (![shots, repeats].every((value) => Number.isInteger(value) && value > 0)) {
    throw new SslError(`few-shot evaluation needs shots and repeats of at least 1, got ${String(shots)} and ${String(repeats)}. Correct them.`, { from: '@ssl/eval' });
  }
  const accuracies: number[] = [];
  const macroAccuracies: number[] = [];
  for (let draw = 0; draw < repeats; draw++) {
    const rows = drawExamples(bank, shots, childSeed(seed, draw));
    const examples = takeRows(bank, rows);
    const test = options.test ?? takeRows(bank, untouched(bank, rows));
    const predictions = classifier === 'centroid' ? await byCentroid(examples, test) : await byLogistic(examples, test, classCount, penalty);
    const report = classificationReport(test.labels, predictions, classCount);
    accuracies.push(report.accuracy);
    macroAccuracies.push(report.macroAccuracy);
  }
  return { accuracy: meanAndDeviation(accuracies), macroAccuracy: meanAndDeviation(macroAccuracies) };
}

/** `shots` rows of each class, each of another group. */
function drawExamples({ labels, groups, count }: LabelledFeatures, shots: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, row) => ({ row, key: childSeed(seed, row) })).sort((a, b) => a.key - b.key);
  const drawn = new Map<number, number[]>(Array.from(new Set(labels), (label) => [label, []]));
  const used = new Set<number>();
  for (const { row } of order) {
    const group = groups?.[row] ?? -1;
    const rows = drawn.get(labels[row]!)!;
    if (rows.length >= shots || (group >= 0 && used.has(group))) continue;
    rows.push(row);
    used.add(group);
  }
  for (const [label, rows] of drawn) {
    if (rows.length < shots) {
      throw new SslError(
        `${String(shots)}-shot evaluation needs as many examples of different groups in every class, got ${String(rows.length)} in class ${String(label)}. Use fewer shots, or leave the class out.`,
        { from: '@ssl/eval' },
      );
    }
  }
  return [...drawn.values()].flat();
}

/** Rows that were not drawn and are in no group that was. */
function untouched({ groups, count }: LabelledFeatures, drawn: readonly number[]): number[] {
  const rows = new Set(drawn);
  const drawnGroups = new Set(drawn.map((row) => groups?.[row] ?? -1).filter((group) => group >= 0));
  const left = Array.from({ length: count }, (_, row) => row).filter((row) => !rows.has(row) && !drawnGroups.has(groups?.[row] ?? -1));
  if (left.length === 0) {
    throw new SslError('few-shot evaluation needs images that were not drawn, got none. Use fewer shots, or give test images.', { from: '@ssl/eval' });
  }
  return left;
}

async function byCentroid(examples: LabelledFeatures, test: LabelledFeatures): Promise<Int32Array> {
  const means = columnMeans(examples);
  const unit = unitRows(examples, means, 'examples');
  const classes = [...new Set(examples.labels)].sort((a, b) => a - b);
  const { dimension } = examples;
  const values = new Float32Array(classes.length * dimension);
  examples.labels.forEach((label, row) => {
    const start = classes.indexOf(label) * dimension;
    for (let i = 0; i < dimension; i++) values[start + i]! += unit.values[row * dimension + i]!;
  });
  const queries = unitRows(test, means, 'test features');
  const { indices } = await nearestNeighbours({ values, count: classes.length, dimension }, { k: 1, queries });
  return indices.map((place) => classes[place]!);
}

async function byLogistic(examples: LabelledFeatures, test: LabelledFeatures, classCount: number, penalty: number): Promise<Int32Array> {
  const scale = standardiser(examples);
  return predictLogistic(await fitLogistic(scale(examples), classCount, penalty), scale(test));
}

function meanAndDeviation(values: readonly number[]): MeanAndDeviation {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)), values };
}
