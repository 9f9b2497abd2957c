import { flattenTree } from './flatten-tree.js';
import type { TensorTree } from './tensor-tree.js';

/** Frees every leaf that is not freed yet. */
export function disposeTree(tree: TensorTree): void {
  for (const tensor of flattenTree(tree).tensors) if (!tensor.isDisposed) tensor.dispose();
}
