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
