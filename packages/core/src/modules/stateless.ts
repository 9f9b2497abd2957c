import type { Module } from './module.js';
import type { Scope } from './scope.js';

/** A module without tensors, from a function. */
export function stateless<Input, Output>(forward: (scope: Scope, input: Input) => Output): Module<Input, Output> {
  return { init: () => ({ params: {}, buffers: {} }), forward };
}
