import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import { flattenTree } from './flatten-tree.js';
import { isTensor } from './is-tensor.js';
import type { TensorRecord, TensorTree } from './tensor-tree.js';

/**
 * Flat map from dotted path to tensor, in the order of {@link flattenTree}.
 *
 * @throws SslError where two leaves have the same path (`{ a: { b } , 'a.b' }`).
 * @example
 * treeToMap({ conv1: { weight } }); // { 'conv1.weight': weight }
 */
export function treeToMap(tree: TensorTree): TensorMap {
  const { paths, tensors } = flattenTree(tree);
  const map: Record<string, Tensor> = {};
  paths.forEach((path, i) => {
    if (Object.hasOwn(map, path)) {
      throw new SslError(`every leaf needs a path of its own, got '${path}' twice. Keep dots out of the keys.`, {
        from: '@ssl/core',
      });
    }
    map[path] = tensors[i]!;
  });
  return map;
}

type Branch = Record<string, unknown>;

/**
 * Nested records from a flat map: the inverse of {@link treeToMap} for trees of records.
 *
 * Keys that look like array indexes stay keys of records (`layer1.0` gives `{ layer1: { 0: … } }`), as modules use them.
 *
 * @throws SslError where a path is also the beginning of another one.
 */
export function mapToTree(map: TensorMap): TensorRecord {
  const root: Branch = {};
  for (const [path, tensor] of Object.entries(map)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let branch = root;
    for (const key of keys) {
      if (!Object.hasOwn(branch, key)) branch[key] = {};
      if (isTensor(branch[key])) throw conflict(path, key);
      branch = branch[key] as Branch;
    }
    if (Object.hasOwn(branch, last)) throw conflict(path, last);
    branch[last] = tensor;
  }
  return root as TensorRecord;
}

function conflict(path: string, key: string): SslError {
  return new SslError(
    `a path must lead to one tensor, got '${path}' while '${key}' on that path is already taken. Rename one of them.`,
    { from: '@ssl/core' },
  );
}
