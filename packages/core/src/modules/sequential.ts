import type { Tensor } from '@tensorflow/tfjs-core';
import { initChildren } from './init-children.js';
import type { Module } from './module.js';

/**
 * Modules one after the other. A list is named `0`, `1`, … as in PyTorch; a record keeps its names.
 *
 * @example
 * sequential([linear(8, 4), relu(), linear(4, 2)]); // parameters 0.weight, 0.bias, 2.weight, 2.bias
 */
export function sequential<Input extends Tensor = Tensor, Output extends Tensor = Tensor>(
  modules: readonly Module[] | Readonly<Record<string, Module>>,
): Module<Input, Output> {
  const children = Object.fromEntries(Object.entries(modules));
  return {
    init: (seed) => initChildren(seed, children),
    forward: (scope, input) =>
      Object.entries(children).reduce<Tensor>(
        (x, [name, module]) => module.forward(scope.child(name), x),
        input,
      ) as Output,
  };
}
