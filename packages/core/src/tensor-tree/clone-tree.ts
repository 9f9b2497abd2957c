import * as tf from '@tensorflow/tfjs-core';
import { flattenTree } from './flatten-tree.js';
import { unflattenTree } from './map-tree.js';
import type { TensorTree } from './tensor-tree.js';

/** A tree of the same structure with handles of its own on the same values: either can be disposed of without the other. */
export function cloneTree<Tree extends TensorTree>(tree: Tree): Tree {
  return unflattenTree(
    tree,
    flattenTree(tree).tensors.map((tensor) => tf.clone(tensor)),
  );
}
