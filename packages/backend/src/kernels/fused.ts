import type { FusedBody, FusedOptions } from '@ssl/core/ops';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fused } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

type Attributes = Required<Pick<FusedOptions, 'name' | 'otherwise'>> & Pick<FusedOptions, 'leastSize'> & { readonly fn: FusedBody };

/** Any function as one operation that XLA compiles, where that is worth it. */
export const fusedFunction: KernelDefinition = {
  name: 'SslFused',
  forward: (inputs, attributes) => {
    const { name, fn, otherwise, leastSize } = attributes as unknown as Attributes;
    const body = (tensors: readonly Tensor[], compiled: boolean): Tensor[] => [(compiled ? fn : otherwise)(tensors)];
    return fused(name, Object.values(inputs), body, leastSize === undefined ? {} : { leastSize })[0]!;
  },
};
