import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

export interface MomentumOptions {
  /** Factor on the running sum of gradients, 0 to 1. */
  readonly momentum: number;
  /** PyTorch's dampening: the gradient enters the running sum times (1 - dampening), except the first one. Default 0. */
  readonly dampening?: number;
  /** Look ahead by one step. Default false. */
  readonly nesterov?: boolean;
}

/**
 * PyTorch's momentum: `buffer = momentum * buffer + (1 - dampening) * grad`; the direction is the buffer, or
 * `grad + momentum * buffer` with Nesterov's correction.
 */
export function applyMomentum(
  grad: Tensor,
  buffer: Tensor,
  age: Scalar,
  { momentum, dampening = 0, nesterov = false }: MomentumOptions,
): { direction: Tensor; buffer: Tensor } {
  if (momentum === 0) return { direction: grad, buffer };
  // PyTorch's buffer starts as the first gradient, whatever the dampening.
  const entering = dampening === 0 ? grad : tf.where(tf.equal(age, 0), grad, tf.mul(grad, 1 - dampening));
  const next = tf.add(tf.mul(buffer, momentum), entering);
  return { direction: nesterov ? tf.add(grad, tf.mul(next, momentum)) : next, buffer: next };
}
