import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { SslError, mapTree } from '@ssl/core';
import type { CompiledFunction, Engine, TensorTree } from '@ssl/core';

/** An engine that traces nothing: compiled functions run op by op on the active tfjs backend, in float32. */
export function eagerEngine(name: string, device: string): Engine {
  return {
    name,
    device,
    precision: 'float32',
    compile(fn, options) {
      return runEagerly(fn, options?.name ?? 'function');
    },
    withPrecision(_precision, fn) {
      return fn();
    },
  };
}

function runEagerly<Args extends TensorTree, Result extends TensorTree>(
  fn: (args: Args) => Result,
  name: string,
): CompiledFunction<Args, Result> {
  let disposed = false;
  const call = async (args: Args): Promise<Result> => {
    if (disposed) {
      throw new SslError(`'${name}' needs its compiled function, but dispose() was called on it. Compile it again.`, {
        from: '@ssl/backend',
      });
    }
    await setImmediate(); // lets signals and timers in between two steps
    // Clones share their data; they make every leaf independent of arguments, captured tensors and other leaves.
    return tf.tidy(() => mapTree(fn(args), (leaf) => tf.clone(leaf)) as Result);
  };
  return Object.assign(call, {
    traces: 0,
    dispose: () => {
      disposed = true;
    },
  });
}
