import { SslError } from '../errors.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { unflattenTree } from '../tensor-tree/map-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';

const listed = 8;

/**
 * The tensors of a loaded tree in the form of `template`, which says what there has to be.
 *
 * @param what - For errors: 'checkpoint runs/a.safetensors'.
 * @throws SslError naming every missing, extra and misshapen tensor (the first eight of each).
 */
export function restoreTree<Tree extends TensorTree>(template: Tree, loaded: TensorTree, what: string): Tree {
  const { paths, tensors } = flattenTree(template);
  const found = treeToMap(loaded);
  const missing = paths.filter((path) => !(path in found));
  const wanted = new Set(paths);
  const extra = Object.keys(found).filter((path) => !wanted.has(path));
  const misshapen = paths.flatMap((path, index) => {
    const here = describe(tensors[index]);
    const there = path in found ? describe(found[path]) : here;
    return here === there ? [] : [`${path}: needed ${here}, got ${there}`];
  });
  if (missing.length + extra.length + misshapen.length > 0) {
    throw new SslError(
      `${what} is of another network:${list('missing', missing)}${list('extra', extra)}${list('of another shape', misshapen)}\n` +
        'Build the same method, backbone and optimizer as the run that wrote it, or start a new run.',
      { from: '@ssl/core' },
    );
  }
  return unflattenTree(
    template,
    paths.map((path) => found[path]!),
  );
}

function describe(tensor: { readonly dtype: string; readonly shape: readonly number[] } | undefined): string {
  return tensor === undefined ? 'nothing' : `${tensor.dtype} [${tensor.shape.join(', ')}]`;
}

function list(what: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > listed ? `, and ${names.length - listed} more` : '';
  return `\n  ${names.length} ${what}: ${names.slice(0, listed).join(', ')}${more}`;
}
