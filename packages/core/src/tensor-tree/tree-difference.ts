import { SslError } from '../errors.js';
import { treeToMap } from './tree-map.js';
import type { TensorTree } from './tensor-tree.js';

/**
 * What distinguishes two trees in paths, shapes or dtypes, one line each; an empty list where they are alike.
 *
 * @example
 * treeDifference({ a: tf.zeros([2]) }, { a: tf.zeros([3]) }); // ["a: float32 [2] here, float32 [3] there"]
 */
export function treeDifference(here: TensorTree, there: TensorTree): string[] {
  const left = treeToMap(here);
  const right = treeToMap(there);
  const lines: string[] = [];
  for (const [path, tensor] of Object.entries(left)) {
    const other = right[path];
    if (other === undefined) {
      lines.push(`${path}: only here`);
      continue;
    }
    const a = `${tensor.dtype} [${tensor.shape.join(', ')}]`;
    const b = `${other.dtype} [${other.shape.join(', ')}]`;
    if (a !== b) lines.push(`${path}: ${a} here, ${b} there`);
  }
  for (const path of Object.keys(right)) if (!Object.hasOwn(left, path)) lines.push(`${path}: only there`);
  return lines;
}

/**
 * Checks that two trees have the same paths, shapes and dtypes.
 *
 * @param what - Names the trees in the error: 'gradients and parameters'.
 * @throws SslError that lists the first ten differences.
 */
export function assertSameStructure(here: TensorTree, there: TensorTree, what: string): void {
  const lines = treeDifference(here, there);
  if (lines.length === 0) return;
  const shown = lines.slice(0, 10).join('\n  ');
  const rest = lines.length > 10 ? `\n  and ${String(lines.length - 10)} more` : '';
  throw new SslError(`${what} must have the same structure, got these differences:\n  ${shown}${rest}\nGive trees of the same network.`, {
    from: '@ssl/core',
  });
}
