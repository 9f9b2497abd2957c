import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { withPrecision } from '../engine.js';
import type { SslMethod } from '../method/method.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import { stopGradient } from '../ops/stop-gradient.js';
import { foldIn, randomKey } from '../random/random-key.js';
import { mapTree } from '../tensor-tree/map-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { differentiate } from './differentiate.js';
import type { StepBatch, StepScalars } from './train-state.js';

/** Random keys of one micro-batch. Distinct micro-batches draw apart. */
export type StepKeys = { readonly forward: Tensor1D; readonly objective: Tensor1D };

/** The same whether traced (a tensor for the step) or computed on the host. */
export function stepKeys(seed: number, step: Scalar, microBatch: number): StepKeys {
  return tf.tidy(() => ({
    forward: foldIn(randomKey(seed, step, 'forward'), microBatch),
    objective: foldIn(randomKey(seed, step, 'objective'), microBatch),
  }));
}

export type Networks = { readonly params: TensorRecord; readonly aux: TensorRecord };

/** Stage 1: the networks. `renewed` holds the entries of `aux` that they replaced. */
export function runForward(
  method: SslMethod,
  { params, aux }: Networks,
  { views, extras }: StepBatch,
  { schedules }: StepScalars,
  key: Tensor1D,
): { outputs: TensorRecord; renewed: TensorRecord } {
  const result = method.forward({ params, aux, views, extras, schedules, training: true, key });
  return { outputs: result.outputs, renewed: detach((result.aux ?? {}) as TensorRecord) };
}

export type ObjectiveStage = {
  readonly loss: Scalar;
  readonly metrics: Readonly<Record<string, Scalar>>;
  readonly carry: TensorRecord;
  /** Of the loss with respect to the outputs, by path; outputs without influence are left out. */
  readonly outputGradients: TensorMap;
  /** Of the loss with respect to the parameters that the objective itself uses. */
  readonly paramGradients: TensorMap;
};

/** Stage 2: the loss over the outputs, differentiated alone and in float32. */
export function runObjective(
  method: SslMethod,
  { params, aux }: Networks,
  outputs: TensorRecord,
  { schedules }: StepScalars,
  { key, trained }: { key: Tensor1D; trained: readonly string[] },
): ObjectiveStage {
  return withPrecision('float32', () => {
    const outputMap = treeToMap(outputs);
    const paramMap = treeToMap(params);
    const variables = {
      ...prefixed('outputs/', outputMap, Object.keys(outputMap)),
      ...prefixed('params/', paramMap, trained),
    };
    const { value, aux: rest, gradients } = differentiate(() => {
      const { loss, metrics, carry } = method.objective({ params, aux, outputs, schedules, key });
      return { value: loss, aux: { metrics: { ...metrics }, carry } };
    }, variables);
    return {
      loss: value,
      metrics: rest.metrics,
      carry: rest.carry,
      outputGradients: withoutPrefix('outputs/', gradients),
      paramGradients: withoutPrefix('params/', gradients),
    };
  });
}

/** `sum_i <outputs_i, gradients_i>`: its gradient is that of the loss, by the chain rule. */
export function surrogateLoss(outputs: TensorRecord, gradients: TensorMap): Scalar {
  const map = treeToMap(outputs);
  const terms = Object.entries(gradients).map(([path, gradient]) =>
    tf.sum(tf.mul(map[path]!, stopGradient(gradient))),
  );
  return (terms.length === 0 ? tf.scalar(0) : tf.addN(terms)) as Scalar;
}

/** The same values, cut from the tape. */
export function detach<Tree extends TensorRecord>(tree: Tree): Tree {
  return mapTree(tree, (tensor) => stopGradient(tensor)) as unknown as Tree;
}

/** Sum of two sparse gradient maps. */
export function addGradients(a: TensorMap, b: TensorMap): TensorMap {
  const sum: Record<string, Tensor> = { ...a };
  for (const [path, gradient] of Object.entries(b)) {
    const other = sum[path];
    sum[path] = other === undefined ? gradient : tf.add(other, gradient);
  }
  return sum;
}

const prefixed = (prefix: string, map: TensorMap, paths: readonly string[]): TensorMap =>
  Object.fromEntries(paths.map((path) => [prefix + path, map[path]!]));

const withoutPrefix = (prefix: string, map: TensorMap): TensorMap =>
  Object.fromEntries(
    Object.entries(map)
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, tensor]) => [path.slice(prefix.length), tensor]),
  );
