import { foldIn } from '../random/random-key.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { apply } from './apply.js';
import type { Mode, Module, Variables } from './module.js';

/**
 * Runs a module on one view after the other, as the papers' code does: batch norm sees each view alone, and its running
 * statistics move once for each.
 *
 * @returns One output for each view, in order, and the buffers after the last.
 */
export function applyToViews<Input, Output>(
  module: Module<Input, Output>,
  { params, buffers }: Variables,
  views: readonly Input[],
  { training, key }: Mode,
): { outputs: Output[]; buffers: TensorRecord } {
  let newest = buffers;
  const outputs = views.map((view, i) => {
    const mode = key ? { training, key: foldIn(key, `view ${String(i)}`) } : { training };
    const result = apply(module, { params, buffers: newest }, view, mode);
    newest = result.buffers;
    return result.output;
  });
  return { outputs, buffers: newest };
}
