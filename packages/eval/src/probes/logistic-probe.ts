import { SslError } from '@ssl/core';
import { classificationReport, type ClassificationReport } from '../metrics/classification-report.js';
import { checkSets } from './check-sets.js';
import { fitLogistic, predictLogistic } from './fit-logistic.js';
import type { LbfgsOptions } from './lbfgs.js';
import type { ProbeSets } from './probe.js';
import { splitByGroup } from './split-by-group.js';
import { standardiser } from './standardise.js';

export interface LogisticProbeOptions extends LbfgsOptions {
  /** Weights of the squared norm that are tried; the best on the validation images is kept. */
  readonly penalties?: readonly number[];
  readonly standardise?: boolean;
  readonly validationShare?: number;
  readonly classCount?: number;
  readonly seed?: number;
}

export const logisticProbeDefaults = {
  penalties: [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1],
  standardise: true,
  validationShare: 0.1,
  seed: 0,
} as const satisfies LogisticProbeOptions;

export interface LogisticProbeResult extends ClassificationReport {
  readonly predictions: Int32Array;
  readonly penalty: number;
  /** What the choice was made from. None of these numbers is a test result. */
  readonly selection: readonly { readonly penalty: number; readonly validationAccuracy: number; readonly converged: boolean }[];
  readonly atTheEdge: boolean;
}

/**
 * Linear evaluation without a learning rate: multinomial logistic regression, solved to the end by L-BFGS, its penalty chosen on validation images.
 * For up to some ten thousand images; {@link linearProbe} is for more.
 *
 * `argmin_(W, b) mean cross-entropy(W x + b, y) + penalty / 2 ||W||^2`
 *
 * @throws SslError for features with NaN (rows named), labels outside the classes, penalties below 0.
 * @see Radford et al. 2021 (CLIP), appendix A.3.
 */
export async function logisticProbe(sets: ProbeSets, options: LogisticProbeOptions = {}): Promise<LogisticProbeResult> {
  const { penalties, standardise, validationShare, seed, ...solver } = { ...logisticProbeDefaults, ...options };
  if (penalties.length === 0 || !penalties.every((penalty) => penalty >= 0)) {
    throw new SslError(`a logistic probe needs penalties from 0 on, got [${penalties.join(', ')}]. Correct them.`, { from: '@ssl/eval' });
  }
  const classCount = checkSets(sets, options.classCount);
  const scale = standardise ? standardiser(sets.train) : <F>(features: F): F => features;
  const [train, test] = [scale(sets.train), scale(sets.test)];
  const { train: fit, held: validation } =
    sets.validation === undefined ? splitByGroup(train, { share: validationShare, atLeastOne: true, seed }) : { train, held: scale(sets.validation) };
  const selection: { penalty: number; validationAccuracy: number; converged: boolean }[] = [];
  for (const penalty of penalties) {
    const model = await fitLogistic(fit, classCount, penalty, solver);
    const answers = await predictLogistic(model, validation);
    selection.push({ penalty, validationAccuracy: classificationReport(validation.labels, answers, classCount).accuracy, converged: model.converged });
  }
  // Of equally good ones the largest penalty, the simplest model.
  const best = selection.reduce((best, entry, i) => (entry.validationAccuracy >= selection[best]!.validationAccuracy ? i : best), 0);
  const penalty = penalties[best]!;
  const predictions = await predictLogistic(await fitLogistic(train, classCount, penalty, solver), test);
  return {
    ...classificationReport(test.labels, predictions, classCount),
    predictions,
    penalty,
    selection,
    atTheEdge: penalties.length > 1 && (best === 0 || best === penalties.length - 1),
  };
}
