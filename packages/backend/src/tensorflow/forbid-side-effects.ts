import * as tf from '@tensorflow/tfjs-core';
import type { TensorflowBinding } from './binding.js';
import { untraceable } from './untraceable.js';

/** Runs `fn` with a `Math.random` that explains itself: its numbers would be frozen into the compiled function. */
export function withoutRandomness<Result>(functionName: string, fn: () => Result): Result {
  const random = Math.random;
  Math.random = () => {
    throw untraceable(functionName, 'draw random numbers in JavaScript (they would be the same at every call; use randomUniform or randomNormal of @ssl/core/ops with a key)');
  };
  try {
    return fn();
  } finally {
    Math.random = random;
  }
}

/** Makes `variable.assign` refuse to work inside a trace, where it would replace the variable's value by a symbol. */
export function guardVariableAssignment(binding: TensorflowBinding): void {
  const { prototype } = tf.Variable;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its receiver below
  const assign = prototype.assign;
  prototype.assign = function assignOutsideOfTraces(this: tf.Variable, value: tf.Tensor): void {
    if (binding.trace !== undefined) throw untraceable(binding.trace.name, 'assign to a tf.Variable (pass the value in and return the new one)');
    assign.call(this, value);
  };
}
