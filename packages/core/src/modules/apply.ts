import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { checkpointed } from '../ops/checkpointed.js';
import { stopGradient } from '../ops/stop-gradient.js';
import { foldIn } from '../random/random-key.js';
import { isTensor } from '../tensor-tree/is-tensor.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { Mode, Module, Variables } from './module.js';
import type { Scope } from './scope.js';

/** What one call of {@link apply} shares between its scopes. */
interface Call {
  readonly mode: Mode;
  /** New buffer values by dotted path. */
  readonly updates: Map<string, Tensor>;
  /** How many keys each place has drawn. */
  readonly draws: Map<string, number>;
}

/**
 * Runs a module. `buffers` of the result is the whole tree, with the new values where there are any.
 *
 * @throws SslError that names the place where a parameter, buffer or random key is missing.
 * @example
 * const layer = linear(2, 3);
 * const { output } = apply(layer, layer.init(0), tf.ones([1, 2]), { training: false }); // [1, 3]
 */
export function apply<Input, Output>(
  module: Module<Input, Output>,
  variables: Variables,
  input: Input,
  mode: Mode,
): { output: Output; buffers: TensorRecord } {
  const call: Call = { mode, updates: new Map(), draws: new Map() };
  const output = module.forward(createScope(call, variables.params, variables.buffers, ''), input);
  return { output, buffers: withUpdates(variables.buffers, '', call.updates) };
}

function createScope(call: Call, params: TensorRecord, buffers: TensorRecord, path: string): Scope {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  return {
    training: call.mode.training,
    path,
    child: (name) => createScope(call, branch(params, name), branch(buffers, name), at(name)),
    has: (name) => isTensor(params[name]),
    param: ((name) => leaf(params, name, path, 'parameter')) as Scope['param'],
    buffer: ((name) => call.updates.get(at(name)) ?? leaf(buffers, name, path, 'buffer')) as Scope['buffer'],
    update: (name, value) => {
      leaf(buffers, name, path, 'buffer');
      call.updates.set(at(name), stopGradient(value));
    },
    randomKey: () => drawKey(call, path),
    checkpoint: (forward, input) => {
      const draws = new Map(call.draws);
      let newest = draws;
      let updated: string[] = [];
      const run = checkpointed((args: { input: typeof input; params: TensorRecord; buffers: TensorRecord; key: Tensor1D[] }) => {
        const [key] = args.key;
        const inner: Call = { mode: { ...call.mode, ...(key ? { key } : {}) }, updates: new Map(), draws: new Map(draws) };
        const output = forward(createScope(inner, args.params, args.buffers, path), args.input);
        [newest, updated] = [inner.draws, [...inner.updates.keys()]];
        return { output, updates: [...inner.updates.values()] };
      });
      const current = withUpdates(buffers, path, call.updates);
      const { output, updates } = run({ input, params, buffers: current, key: call.mode.key ? [call.mode.key] : [] });
      for (const [place, count] of newest) call.draws.set(place, count);
      updates.forEach((value, i) => call.updates.set(updated[i]!, stopGradient(value)));
      return output;
    },
  };
}

function drawKey({ mode, draws }: Call, path: string): Tensor1D {
  if (mode.key === undefined) {
    throw new SslError(
      `'${path}' draws random numbers, but the mode has no key. Call apply with { training: true, key: randomKey(seed, step, 'forward') }.`,
      { from: '@ssl/core' },
    );
  }
  const count = draws.get(path) ?? 0;
  draws.set(path, count + 1);
  return foldIn(mode.key, `${path}/${String(count)}`);
}

/** The child record, empty where the child has no tensors. */
function branch(record: TensorRecord, name: string): TensorRecord {
  const child = record[name];
  return child === undefined || isTensor(child) ? {} : (child as TensorRecord);
}

function leaf(record: TensorRecord, name: string, path: string, kind: string): Tensor {
  const tensor = record[name];
  if (isTensor(tensor)) return tensor;
  const there = Object.keys(record).join(', ');
  throw new SslError(
    `the module at '${path}' needs the ${kind} '${name}', got only: ${there === '' ? 'nothing' : there}. Use variables that init() of the same module made.`,
    { from: '@ssl/core' },
  );
}

function withUpdates(buffers: TensorRecord, path: string, updates: ReadonlyMap<string, Tensor>): TensorRecord {
  return Object.fromEntries(
    Object.entries(buffers).map(([name, value]) => {
      const place = path === '' ? name : `${path}.${name}`;
      return [name, isTensor(value) ? (updates.get(place) ?? value) : withUpdates(value as TensorRecord, place, updates)];
    }),
  );
}
