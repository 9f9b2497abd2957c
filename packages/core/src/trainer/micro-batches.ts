import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { mapTree, unflattenTree } from '../tensor-tree/map-tree.js';
import type { TensorRecord, TensorTree } from '../tensor-tree/tensor-tree.js';
import { stepKeys, type StepKeys } from './stages.js';
import type { StepBatch, StepScalars } from './train-state.js';

/** One micro-batch with the random keys of its own. */
export type MicroBatch = { readonly batch: StepBatch; readonly keys: StepKeys };

/** Micro-batch m holds rows `m * size` to `(m + 1) * size` of every view. */
export function splitBatch(seed: number, { views, extras }: StepBatch, { step }: StepScalars, count: number): MicroBatch[] {
  const rows = <T extends Tensor>(tensor: T, index: number): T => {
    const size = tensor.shape[0]! / count;
    return tf.slice(tensor, [index * size], [size]);
  };
  return Array.from({ length: count }, (_, index) => ({
    batch: {
      views: views.map((view) => rows(view, index)),
      extras: Object.fromEntries(Object.entries(extras).map(([name, tensor]) => [name, rows(tensor, index)])),
    },
    keys: stepKeys(seed, step, index),
  }));
}

/** Joins the first axes of equal trees. */
export function concatenate(trees: readonly TensorRecord[]): TensorRecord {
  const [first, ...rest] = trees.map((tree) => flattenTree(tree).tensors);
  return unflattenTree(
    trees[0]!,
    first!.map((tensor, leaf) => tf.concat([tensor, ...rest.map((tensors) => tensors[leaf]!)], 0)),
  );
}

/** Sum of two equal trees; whole numbers (counters, queue positions) are those of the second. */
export function addTrees<Tree extends TensorTree>(sum: Tree, next: Tree): Tree {
  const added = flattenTree(next).tensors;
  return unflattenTree(
    sum,
    flattenTree(sum).tensors.map((tensor, index) => (tensor.dtype === 'float32' ? tf.add(tensor, added[index]!) : added[index]!)),
  );
}

/** A tree divided by a number, whole numbers left alone. */
export function divideTree<Tree extends TensorTree>(tree: Tree, count: number): Tree {
  return mapTree(tree, (tensor) => (tensor.dtype === 'float32' ? tf.div(tensor, count) : tensor)) as unknown as Tree;
}
