import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { cloneTree } from './clone-tree.js';
import { disposeTree } from './dispose-tree.js';
import { flattenTree } from './flatten-tree.js';
import { unflattenTree } from './map-tree.js';
import type { TensorTree } from './tensor-tree.js';

/** A differentiated scalar and whatever else the function computed on the way. */
export interface ValueWithAux<Aux extends TensorTree> {
  readonly value: Scalar;
  readonly aux: Aux;
}

export interface ValueAndGradients<Aux extends TensorTree, Trees extends readonly TensorTree[]> extends ValueWithAux<Aux> {
  /** One tree for each argument, of its structure. */
  readonly gradients: Trees;
}

/**
 * Value and gradients of a scalar function of tensor trees, in reverse mode.
 *
 * `fn` returns `{ value, aux }`: `value` is differentiated, `aux` (metrics, new buffers) is handed through without a
 * gradient. A leaf that `value` does not depend on, an integer leaf too, gets zeros of its shape. A tensor that stands
 * in the trees more than once counts as a variable of its own in each place.
 *
 * @returns `value`, `aux` and one gradient tree for each argument; all leaves belong to the caller.
 * @throws SslError where `value` is not a scalar.
 * @example
 * const { gradients } = valueAndGradients((w) => ({ value: tf.sum(tf.square(w)), aux: {} }), tf.tensor1d([1, 2]));
 * gradients[0]; // [2, 4]
 */
export function valueAndGradients<Trees extends readonly TensorTree[], Aux extends TensorTree>(
  fn: (...trees: Trees) => ValueWithAux<Aux>,
  ...trees: Trees
): ValueAndGradients<Aux, Trees> {
  let kept: Aux | undefined;
  try {
    return tf.tidy(() => {
      const flat = separate(trees.flatMap((tree) => [...flattenTree(tree).tensors]));
      const structured = split(trees, flat);
      const run = (): Scalar => {
        const { value, aux } = fn(...structured);
        if (value.rank !== 0) {
          throw new SslError(
            `a gradient needs a scalar value, got shape [${(value as Tensor).shape.join(', ')}]. Take its mean or sum.`,
            { from: '@ssl/core' },
          );
        }
        // The engine frees what `run` leaves behind, so aux is kept by a handle of ours.
        kept = cloneTree(aux);
        flattenTree(kept).tensors.forEach((tensor) => tf.keep(tensor));
        return value;
      };
      const floats = flat.filter((x) => x.dtype === 'float32');
      const { value, grads } =
        floats.length === 0 ? { value: tf.tidy(run), grads: [] } : tf.engine().gradients(run, floats, undefined, true);
      const byId = new Map(floats.map((x, i) => [x.id, grads[i] as Tensor | null | undefined]));
      const gradients = split(
        trees,
        flat.map((x) => byId.get(x.id) ?? tf.zerosLike(x)),
      );
      return { value: tf.clone(value), aux: cloneTree(kept!), gradients } as unknown as tf.TensorContainer;
    }) as unknown as ValueAndGradients<Aux, Trees>;
  } finally {
    if (kept !== undefined) disposeTree(kept);
  }
}

/** The same tensors, with a clone for each repetition. */
function separate(tensors: readonly Tensor[]): Tensor[] {
  const seen = new Set<number>();
  return tensors.map((tensor) => {
    if (seen.has(tensor.id)) return tf.clone(tensor);
    seen.add(tensor.id);
    return tensor;
  });
}

function split<Trees extends readonly TensorTree[]>(templates: Trees, tensors: readonly Tensor[]): Trees {
  let start = 0;
  return templates.map((tree) => {
    const count = flattenTree(tree).tensors.length;
    start += count;
    return unflattenTree(tree, tensors.slice(start - count, start));
  }) as unknown as Trees;
}
