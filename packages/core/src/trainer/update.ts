import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SslMethod } from '../method/method.js';
import { euclideanNorm } from '../ops/euclidean-norm.js';
import { clipGradients, type ClipNorm } from '../optimizers/clip-gradients.js';
import type { Optimizer, ParameterGroup, TensorMap } from '../optimizers/optimizer.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { unflattenTree } from '../tensor-tree/map-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { BatchGradients } from './gradients.js';
import { monitoredOutputs } from './monitor.js';
import type { StepResult, StepScalars, TrainState } from './train-state.js';

/** What stays the same from step to step. */
export interface StepPlan {
  readonly method: SslMethod;
  readonly optimizer: Optimizer;
  readonly groups: Readonly<Record<string, ParameterGroup>>;
  /** Paths of the parameters that are not frozen. */
  readonly trained: readonly string[];
  readonly seed: number;
  readonly clipNorm?: number | ClipNorm;
}

/** Clip, optimizer, constrain, updateAux: once per optimizer step. */
export function applyUpdate(
  { method, optimizer, groups, trained, clipNorm }: StepPlan,
  { params, aux: before, optimizer: optimizerState }: TrainState,
  { gradients, loss, metrics, carry, outputs, renewed }: BatchGradients,
  scalars: StepScalars,
): StepResult {
  const { step, schedules, learningRate, peakLearningRate, weightDecay } = scalars;
  const map = treeToMap(params);
  const dense = denseGradients(gradients, map, { trained, groups, step });
  const norms = tf.stack(trained.map((path) => euclideanNorm(dense[path]!)));
  const grads = clipNorm === undefined ? dense : clipGradients(dense, norms, clipNorm);
  const updated = optimizer.update({
    params: map,
    grads,
    state: optimizerState,
    learningRate,
    peakLearningRate,
    weightDecay,
    step,
    groups,
  });
  const free = unflattenTree(params, flattenTree(params).paths.map((path) => updated.params[path]!));
  const newParams: TensorRecord = method.constrain?.(free) ?? free;
  const aux = { ...before, ...renewed };
  const newAux = method.updateAux?.({ params: newParams, aux, outputs, carry, schedules, step }) ?? aux;
  return {
    state: { params: newParams, aux: newAux, optimizer: updated.state },
    loss,
    metrics,
    gradientNorms: norms,
    monitored: monitoredOutputs(method, outputs),
  };
}

/** A gradient for every trained parameter: zero where it has no influence or is still frozen. */
function denseGradients(
  gradients: TensorMap,
  params: TensorMap,
  { trained, groups, step }: Pick<StepPlan, 'trained' | 'groups'> & { step: Tensor },
): Record<string, Tensor> {
  return Object.fromEntries(
    trained.map((path) => {
      const gradient = gradients[path];
      if (gradient === undefined) return [path, tf.zerosLike(params[path]!)];
      const frozenUntil = groups[path]?.frozenUntil ?? 0;
      if (frozenUntil === 0) return [path, gradient];
      return [path, tf.where(tf.greaterEqual(step, frozenUntil), gradient, tf.zerosLike(gradient))];
    }),
  );
}
