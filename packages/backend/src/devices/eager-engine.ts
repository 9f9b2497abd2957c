import { setImmediate } from 'node:timers/promises';
import { compileEagerly } from '@ssl/core';
import type { Engine } from '@ssl/core';

/** An engine that traces nothing: compiled functions run op by op on the active tfjs backend, in float32. */
export function eagerEngine(name: string, device: string): Engine {
  return {
    name,
    device,
    precision: 'float32',
    compile(fn, options) {
      const run = compileEagerly(fn, options);
      const call = async (args: Parameters<typeof run>[0]): ReturnType<typeof run> => {
        await setImmediate(); // lets timers and signals in between two steps
        return run(args);
      };
      return Object.assign(call, { traces: 0, dispose: () => run.dispose() });
    },
    withPrecision: (_precision, fn) => fn(),
  };
}
