import type { Tensor } from '@tensorflow/tfjs-core';
import { flattenTree, joinPath, treeChild, treeKeys } from './flatten-tree.js';
import { isTensor } from './is-tensor.js';
import type { TensorTree } from './tensor-tree.js';
import { SslError } from '../errors.js';

/** The shape of a tree with another kind of leaf in each tensor's place. */
export type MappedTree<Tree, Leaf> = Tree extends Tensor
  ? Leaf
  : { readonly [Key in keyof Tree]: MappedTree<Tree[Key], Leaf> };

/**
 * Puts `fn(tensor, path)` in the place of every leaf; lists stay lists, records stay records with their key order.
 *
 * Leaves are visited in the order of {@link flattenTree}.
 *
 * @example
 * mapTree({ weight: tf.zeros([2, 3]) }, (tensor) => tensor.size); // { weight: 6 }
 */
export function mapTree<Tree extends TensorTree, Leaf>(
  tree: Tree,
  fn: (tensor: Tensor, path: string) => Leaf,
): MappedTree<Tree, Leaf> {
  const { paths, tensors } = flattenTree(tree);
  return fillTree(
    tree,
    tensors.map((tensor, i) => fn(tensor, paths[i] ?? '')),
  );
}

/**
 * Builds a tree of the same structure as `template` from leaves in the order of {@link flattenTree}.
 *
 * @throws SslError where the number of leaves is not the template's.
 */
export function unflattenTree<Tree extends TensorTree>(template: Tree, tensors: readonly Tensor[]): Tree {
  return fillTree(template, tensors) as unknown as Tree;
}

function fillTree<Tree extends TensorTree, Leaf>(template: Tree, leaves: readonly Leaf[]): MappedTree<Tree, Leaf> {
  let next = 0;
  const build = (node: TensorTree, path: string): unknown => {
    if (isTensor(node)) return leaves[next++];
    if (Array.isArray(node)) return node.map((item: TensorTree, i) => build(item, joinPath(path, String(i))));
    const built = new Map<string, unknown>();
    for (const key of treeKeys(node)) built.set(key, build(treeChild(node, key), joinPath(path, key)));
    return Object.fromEntries(Object.keys(node).map((key) => [key, built.get(key)]));
  };
  const result = build(template, '');
  if (next !== leaves.length) {
    throw new SslError(
      `the tree has ${String(next)} leaves, got ${String(leaves.length)} values. Flatten and unflatten with the same structure.`,
      { from: '@ssl/core' },
    );
  }
  return result as MappedTree<Tree, Leaf>;
}
