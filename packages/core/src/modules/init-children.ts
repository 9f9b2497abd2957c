import { childSeed } from '../random/hash.js';
import type { TensorRecord, TensorTree } from '../tensor-tree/tensor-tree.js';
import type { Module, Variables } from './module.js';

/** What a child must have here: modules of any input and output. */
type Initialised = Pick<Module, 'init'>;

/** Variables of named children, each drawn from a seed of its own; children without tensors leave no empty records. */
export function initChildren(seed: number, children: Readonly<Record<string, Initialised>>): Variables {
  const params: Record<string, TensorTree> = {};
  const buffers: Record<string, TensorTree> = {};
  for (const [name, child] of Object.entries(children)) {
    const variables = child.init(childSeed(seed, name));
    if (hasEntries(variables.params)) params[name] = variables.params;
    if (hasEntries(variables.buffers)) buffers[name] = variables.buffers;
  }
  return { params, buffers };
}

const hasEntries = (record: TensorRecord): boolean => Object.keys(record).length > 0;
