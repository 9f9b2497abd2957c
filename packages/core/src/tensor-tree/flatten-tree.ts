import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { isTensor } from './is-tensor.js';
import type { TensorTree } from './tensor-tree.js';

/** Leaves of a tree and their dotted paths, in the same order. */
export interface FlatTree {
  readonly paths: readonly string[];
  readonly tensors: readonly Tensor[];
}

const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

/** Keys that look like array indexes first, by number, then the others by code unit. */
function compareKeys(a: string, b: string): number {
  if (isIndex(a) !== isIndex(b)) return isIndex(a) ? -1 : 1;
  if (isIndex(a)) return Number(a) - Number(b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Keys of a list or record in the order in which every function of this folder visits them. */
export function treeKeys(tree: Exclude<TensorTree, Tensor>): string[] {
  return Object.keys(tree).sort(compareKeys);
}

/** The child under a key that {@link treeKeys} gave. */
export function treeChild(tree: Exclude<TensorTree, Tensor>, key: string): TensorTree {
  return (tree as Readonly<Record<string, TensorTree>>)[key]!;
}

/** Joins a parent's dotted path and a key; the root's path is the empty string. */
export function joinPath(parent: string, key: string): string {
  return parent === '' ? key : `${parent}.${key}`;
}

/**
 * Lists the leaves of a tree with their dotted paths.
 *
 * The order does not depend on the order of insertion: list items and index-like keys by number, then the other keys
 * by code unit, depth first. The path of a tree that is itself a tensor is the empty string.
 *
 * @throws SslError where a leaf is not a tensor.
 * @example
 * flattenTree({ b: tf.scalar(1), a: [tf.scalar(2)] }).paths; // ['a.0', 'b']
 */
export function flattenTree(tree: TensorTree): FlatTree {
  const paths: string[] = [];
  const tensors: Tensor[] = [];
  const visit = (node: TensorTree, path: string): void => {
    if (isTensor(node)) {
      paths.push(path);
      tensors.push(node);
      return;
    }
    if (typeof node !== 'object' || (node as unknown) === null || ArrayBuffer.isView(node)) {
      throw new SslError(
        `a tensor tree needs a tensor, list or record at '${path}', got ${node === null ? 'null' : typeof node === 'object' ? (node as object).constructor.name : typeof node}. Leave the entry out or make it a tensor.`,
        { from: '@ssl/core' },
      );
    }
    for (const key of treeKeys(node)) visit(treeChild(node, key), joinPath(path, key));
  };
  visit(tree, '');
  return { paths, tensors };
}
