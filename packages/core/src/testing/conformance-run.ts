import assert from 'node:assert/strict';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { excludeBiasAndNorm } from '../optimizers/exclude-bias-and-norm.js';
import { resolveGroups } from '../optimizers/resolve-groups.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { batchViews } from '../trainer/batch-views.js';
import { resolveScalars } from '../trainer/scalars.js';
import { train } from '../trainer/train.js';
import type { TrainOptions } from '../trainer/train-options.js';
import type { TrainResult } from '../trainer/train-result.js';
import type { StepBatch, StepScalars, TrainState } from '../trainer/train-state.js';
import type { StepPlan } from '../trainer/update.js';
import type { ConformanceContext } from './conformance.js';

/** Trains on the toy set. */
export function trainToy(context: ConformanceContext, change: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const { method, views, loader, learningRate } = context;
  return train({
    method,
    views,
    loader,
    optimizer: context.optimizer(),
    learningRate,
    steps: 3,
    monitorEvery: 0,
    ...change,
  } as TrainOptions);
}

/** One batch and one state, outside of a run; dispose of it with {@link disposeTree}. */
export interface ToyStep {
  readonly plan: StepPlan;
  readonly tensors: { readonly state: TrainState; readonly batch: StepBatch; readonly scalars: StepScalars };
}

export async function toyStep(context: ConformanceContext): Promise<ToyStep> {
  const { method, loader } = context;
  const optimizer = context.optimizer();
  const { params, aux } = method.init(0);
  const map = treeToMap(params);
  const groups = resolveGroups(map, [excludeBiasAndNorm, ...method.groups]);
  const trained = Object.keys(map).filter((path) => groups[path]?.frozen !== true);
  const maker = batchViews(context.views, 0, 10);
  let batch: StepBatch | undefined;
  for await (const images of loader.batches({ epoch: 0, batch: 0 })) {
    batch = await maker.make(images, 0);
    break;
  }
  maker.dispose();
  assert(batch !== undefined);
  const options: TrainOptions = { method, views: context.views, loader, optimizer, learningRate: context.learningRate, steps: 10 };
  const { tensors: scalars } = resolveScalars(options, 10)(0);
  return {
    plan: { method, optimizer, groups, trained, seed: 0 },
    tensors: { state: { params, aux, optimizer: optimizer.init(map) }, batch, scalars },
  };
}

/** All numbers of a tree, by path. */
export async function numbersOf(tree: TensorTree): Promise<Record<string, number[]>> {
  const { paths, tensors } = flattenTree(tree);
  const data = await Promise.all(tensors.map((tensor) => tensor.data()));
  return Object.fromEntries(paths.map((path, index) => [path, [...(data[index] as ArrayLike<number> & Iterable<number>)]]));
}

/** Fails unless two trees hold the same numbers, up to `tolerance` times the largest of each tensor. */
export async function assertClose(actual: TensorTree, expected: TensorTree, tolerance: number, what: string): Promise<void> {
  const [a, b] = [await numbersOf(actual), await numbersOf(expected)];
  assert.deepEqual(Object.keys(a).sort(), Object.keys(b).sort(), `${what}: the trees differ`);
  for (const [path, values] of Object.entries(b)) {
    const size = Math.max(1e-6, ...values.map(Math.abs));
    const own = a[path]!;
    assert.equal(own.length, values.length, `${what}: ${path} has another size`);
    const worst = Math.max(0, ...values.map((value, index) => Math.abs((own[index]!) - value)));
    assert(worst <= tolerance * size, `${what}: ${path} differs by ${worst}, where its largest value is ${size}`);
  }
}

export function assertFinite(values: Iterable<number>, what: string): void {
  for (const value of values) assert(Number.isFinite(value), `${what} must be finite, got ${value}`);
}

/** The rows `from` to `to` of every tensor. */
export function rowsOf(batch: StepBatch, from: number, to: number): StepBatch {
  const cut = <T extends Tensor>(tensor: T): T => tf.slice(tensor, [from], [to - from]);
  return {
    views: batch.views.map(cut),
    extras: Object.fromEntries(Object.entries(batch.extras).map(([name, tensor]) => [name, cut(tensor)])),
  };
}

/** Frees a toy step. */
export function disposeToyStep({ tensors }: ToyStep): void {
  disposeTree(tensors as unknown as TensorTree);
}
