import { afterAll } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Its inputs in their order, none before all are there. What follows is not merged with equal operations elsewhere. */
export const barrier: KernelDefinition = {
  name: 'SslBarrier',
  forward(inputs) {
    const all = Object.keys(inputs)
      .sort((a, b) => Number(a) - Number(b))
      .map((key) => inputs[key]!);
    return afterAll(all);
  },
  gradient: {
    gradFunc: (dys) => Object.fromEntries([dys].flat().map((dy, index) => [String(index), () => dy])),
  },
};
