import type { Tensor } from '@tensorflow/tfjs-core';
import { fused } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

interface Attributes {
  readonly name: string;
  readonly fn: (inputs: readonly Tensor[]) => Tensor[];
  readonly leastSize: number | undefined;
}

/** Any function as one operation that XLA compiles. */
export const fusedFunction: KernelDefinition = {
  name: 'SslFused',
  forward: (inputs, attributes) => {
    const { name, fn, leastSize } = attributes as unknown as Attributes;
    return fused(name, Object.values(inputs), fn, { leastSize });
  },
};
