import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Scalar, Tensor } from '@tensorflow/tfjs-core';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { unflattenTree } from '../tensor-tree/map-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';
import { after } from './after.js';

/** What `tf.customGrad` is made of, which it offers for functions of one result only. */
interface CustomKernels {
  runKernelFunc(call: {
    readonly inputs: NamedTensorMap;
    readonly forwardFunc: (backend: unknown, save: (tensors: Tensor[]) => void) => Tensor[];
    readonly backwardsFunc: (dy: Tensor | Tensor[], saved: Tensor[]) => Record<string, () => Tensor>;
  }): Tensor[];
}

/**
 * Activation checkpointing (Chen et al. 2016): the same function, of whose intermediate tensors none is kept for the
 * gradient. The gradient runs `fn` again from its arguments: about a third more work in a training step, and memory for
 * the activations of one such function at a time.
 *
 * @param fn - A pure function. Whatever takes part in the gradient must be in its argument: tensors that it closes over
 *   count as constants, and must live until the gradient is taken. Random draws must come from keys in the argument.
 * @returns A function with the results and gradients of `fn`.
 * @example
 * const block = checkpointed(({ x, w }: { x: tf.Tensor2D; w: tf.Tensor2D }) => tf.relu(tf.matMul(x, w)));
 * tf.grads((x, w) => tf.sum(block({ x, w })))([x, w]);
 */
export function checkpointed<Args extends TensorTree, Result extends TensorTree>(
  fn: (args: Args) => Result,
): (args: Args) => Result {
  return (args) => {
    const given = flattenTree(args).tensors;
    let template: Result | undefined;
    const outputs = (tf.engine() as unknown as CustomKernels).runKernelFunc({
      inputs: Object.fromEntries(given.map((tensor, index) => [String(index), tensor])),
      forwardFunc(_backend, save) {
        save([...given]);
        const result = cloneTree(fn(args)); // a result that is an argument would be its own input
        template = result;
        return [...flattenTree(result).tensors];
      },
      backwardsFunc(dy, saved) {
        const gradients = recomputedGradients(fn, args, saved, Array.isArray(dy) ? dy : [dy]);
        return Object.fromEntries(
          given.map((tensor, index) => [String(index), () => gradients[index] ?? tf.zeros(tensor.shape)]),
        );
      },
    });
    return unflattenTree(template!, outputs);
  };
}

/** Gradients of `<fn(args), dys>` with respect to the arguments; undefined where there is no influence. */
function recomputedGradients<Args extends TensorTree>(
  fn: (args: Args) => TensorTree,
  args: Args,
  saved: readonly Tensor[],
  dys: readonly Tensor[],
): (Tensor | undefined)[] {
  const list = tf.tidy(() => {
    // Not before dys: a compiled function would recognise the operations of the first run, keep their results instead, and save nothing.
    const inputs = after(dys, saved);
    const floats = inputs.filter(({ dtype }) => dtype === 'float32');
    const run = (): Scalar => withOutputGradients(flattenTree(fn(unflattenTree(args, inputs))).tensors, dys);
    const gradients = floats.length === 0 ? [] : separateGradients(run, floats);
    const byId = new Map(floats.map(({ id }, index) => [id, gradients[index]]));
    return inputs.map(({ id }) => byId.get(id) ?? null) as unknown as Tensor[];
  });
  return list.map((gradient) => (gradient as Tensor | null) ?? undefined);
}

/**
 * A number from which `dys` flow back into `outputs`: their product, or without computing it where no outer gradient
 * asks how it depends on `dys`.
 */
function withOutputGradients(outputs: readonly Tensor[], dys: readonly Tensor[]): Scalar {
  const floats = outputs.flatMap((output, index) => (output.dtype === 'float32' ? [{ output, dy: dys[index]! }] : []));
  // 1 is the gradient that is being taken here.
  if (tf.engine().state.gradientDepth > 1) return tf.addN(floats.map(({ output, dy }) => tf.sum(tf.mul(output, dy)))) as Scalar;
  const seed = tf.customGrad(() => ({ value: tf.scalar(0), gradFunc: () => floats.map(({ dy }) => dy) }));
  return seed(...floats.map(({ output }) => output)) as Scalar;
}

/**
 * `tf.engine().gradients` in the middle of another gradient's way back, whose tape it would throw away.
 * An argument without influence has null.
 */
function separateGradients(run: () => Scalar, variables: Tensor[]): (Tensor | null)[] {
  const engine = tf.engine();
  const { state } = engine;
  const tape = state.activeTape;
  try {
    const { grads } = engine.gradients(run, variables, undefined as unknown as Tensor, true);
    return variables.map((_, index) => (grads[index] as Tensor | null | undefined) ?? null);
  } finally {
    if (state.gradientDepth === 0) state.activeTape = tape;
  }
}
