import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../optimizers/optimizer.js';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';

export interface Differentiated<Aux> {
  readonly value: Scalar;
  readonly aux: Aux;
  /** By name; variables that `value` does not depend on are left out. */
  readonly gradients: TensorMap;
}

/**
 * Gradients of a scalar with respect to named tensors that `fn` closes over. Unlike `valueAndGradients` it makes no zeros for
 * variables without influence, which matters where the objective touches few of a large network's parameters.
 * Nestable, so that the objective can be differentiated in the middle of the forward pass.
 */
export function differentiate<Aux extends TensorTree>(
  fn: () => { value: Scalar; aux: Aux },
  variables: TensorMap,
): Differentiated<Aux> {
  let kept: Aux | undefined;
  const run = (): Scalar => {
    const { value, aux } = fn();
    // The engine frees what `run` leaves behind, so aux is kept by a handle of ours.
    kept = cloneTree(aux);
    for (const tensor of flattenTree(kept).tensors) tf.keep(tensor);
    return value;
  };
  const names = Object.keys(variables).filter((name) => variables[name]?.dtype === 'float32');
  const tensors = names.map((name) => variables[name]!);
  try {
    const { value, grads } =
      tensors.length === 0
        ? { value: tf.tidy(run), grads: [] }
        : tf.engine().gradients(run, tensors, undefined as unknown as Tensor, true);
    const gradients = Object.fromEntries(
      names.flatMap((name, index) => {
        const gradient = grads[index] as Tensor | null | undefined;
        return gradient ? [[name, gradient] as const] : [];
      }),
    );
    return { value: value as Scalar, aux: cloneTree(kept!), gradients };
  } finally {
    if (kept !== undefined) disposeTree(kept);
  }
}
