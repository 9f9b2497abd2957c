import type { CheckpointInfo } from '../checkpoint/checkpoint.js';
import { excludeBiasAndNorm } from '../optimizers/exclude-bias-and-norm.js';
import { resolveGroups } from '../optimizers/resolve-groups.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { RunStart } from './run-state.js';
import type { RunInfo } from './train-hook.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { StepPlan } from './update.js';

/** Length of a run. */
export interface RunLength {
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
}

/** What stays the same in every step of a run. */
export function stepPlan({ method, optimizer, clipNorm, weightDecay, groups: rules = [] }: TrainOptions, { state, seed }: RunStart): StepPlan {
  const params = treeToMap(state.params);
  // Decay that is 0 in every step costs a pass over all weights, so it is left out.
  const noDecay = (weightDecay ?? trainDefaults.weightDecay) === 0 ? [{ match: () => true, weightDecay: 0 }] : [];
  const groups = resolveGroups(params, [excludeBiasAndNorm, ...method.groups, ...rules, ...noDecay]);
  const trained = Object.keys(params).filter((path) => groups[path]?.frozen !== true);
  return { method, optimizer, groups, trained, seed, ...(clipNorm === undefined ? {} : { clipNorm }) };
}

/** For hooks. */
export function runInfo(options: TrainOptions, plan: StepPlan, { state, ...start }: RunStart, length: RunLength): RunInfo {
  const params = treeToMap(state.params);
  return {
    method: plan.method.name,
    optimizer: plan.optimizer.name,
    firstStep: start.step,
    ...length,
    batchSize: options.loader.batchSize,
    views: plan.method.batch.views,
    accumulate: options.accumulate ?? trainDefaults.accumulate,
    seed: plan.seed,
    parameters: plan.trained.reduce((sum, path) => sum + (params[path]?.size ?? 0), 0),
    ...(start.resumedFrom === undefined ? {} : { resumedFrom: start.resumedFrom }),
  };
}

/** For checkpoints. */
export function checkpointInfo(
  { method, optimizer, loader, config = {} }: TrainOptions,
  { totalSteps, stepsPerEpoch }: RunLength,
  { step, seed, loss }: { step: number; seed: number; loss: number },
): CheckpointInfo {
  return {
    format: 'ssl-checkpoint/1',
    method: method.name,
    optimizer: optimizer.name,
    step,
    totalSteps,
    seed,
    batchSize: loader.batchSize,
    stepsPerEpoch,
    position: positionAt(step, stepsPerEpoch),
    loss: Number.isFinite(loss) ? loss : null,
    config,
  };
}

/** Steps and batches are the same, so the step says where the loader stands. */
export function positionAt(step: number, stepsPerEpoch: number): { epoch: number; batch: number } {
  return { epoch: Math.floor(step / stepsPerEpoch), batch: step % stepsPerEpoch };
}
