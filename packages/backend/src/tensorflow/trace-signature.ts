import { isTensor, type TensorTree } from '@ssl/core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What one traced function is good for: a text that two trees share if and only if their structure and leaves fit. */
export function traceSignature(tree: TensorTree, describe: (tensor: Tensor) => string): string {
  if (isTensor(tree)) return describe(tree);
  if (Array.isArray(tree)) return `[${tree.map((item: TensorTree) => traceSignature(item, describe)).join(',')}]`;
  const record = tree as Readonly<Record<string, TensorTree>>;
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${traceSignature(record[key]!, describe)}`).join(',')}}`;
}

/** What one call is made of, leaf by leaf: path of the leaf in the arguments to its type and shape. */
export type CallForm = ReadonlyMap<string, string>;

const listed = 3;

/** What differs between two calls of one function, for people. */
export function formChange(before: CallForm, after: CallForm): string {
  const paths = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
  const changes = paths.slice(0, listed).map((path) => {
    const [old, now] = [before.get(path), after.get(path)];
    const name = path === '' ? 'the argument' : path;
    return old === undefined ? `${name} (${now!}) is new` : now === undefined ? `${name} (${old}) is gone` : `${name} was ${old} and is ${now}`;
  });
  const more = paths.length - changes.length;
  if (changes.length === 0) return 'lists and records of the arguments are put together in another way';
  return `${changes.join(', ')}${more > 0 ? `, and ${String(more)} more differ` : ''}`;
}
