import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, GradFunc, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { backendName } from './backend-name.js';
import { madeAgain } from './fused-function.js';
import { afterWeightGradients, weightGradient } from './gradient-order.js';
import { attribute, runSingleOp } from './run-op.js';

type Gradients = ReturnType<GradFunc>;
type Gradient = (dy: Tensor, saved: Tensor[], attributes: NamedAttrMap) => Gradients;

interface NativeGradient {
  readonly kernelName: string;
  /** What the native gradient needs kept; the stock gradient's own needs if left out. */
  readonly saves?: Pick<GradConfig, 'inputsToSave' | 'outputsToSave'>;
  readonly native: (dy: Tensor, saved: Tensor[], attributes: NamedAttrMap, stock: Gradient) => Gradients;
  /** For other backends, where `saves` is not what the stock gradient expects. */
  readonly otherwise?: Gradient;
}

/** Shape with the reduced axes kept as ones. */
function keptShape(shape: readonly number[], axis: unknown): number[] {
  const axes = tf.util.parseAxisParam(axis as number | number[], [...shape]);
  return shape.map((length, position) => (axes.includes(position) ? 1 : length));
}

function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  return tf.tidy(() => runSingleOp('BroadcastTo', [], [x, tf.tensor1d([...shape], 'int32')]));
}

/** True where `shape` is one vector along the channels of `full`, as a bias is. */
function isBias(shape: readonly number[], full: readonly number[]): boolean {
  return shape.length === 1 && full.length > 1 && shape[0] === full.at(-1) && full.slice(0, -1).some((length) => length > 1);
}

/** The sum of dy over all axes that broadcasting stretched. */
function reduceTo(dy: Tensor, shape: readonly number[]): Tensor {
  if (isBias(shape, dy.shape)) return weightGradient(() => runSingleOp('BiasAddGrad', [attribute.string('data_format', 'NHWC')], [dy]));
  return tf.tidy(() => {
    const axes = tf.broadcast_util.getReductionAxes([...shape], dy.shape);
    return tf.reshape(axes.length > 0 ? tf.sum(dy, axes) : dy, [...shape]);
  });
}

/** The stock gradients of an activation and a weight, in this order. */
function weightBeforeActivation(activation: string, weight: string): NativeGradient['native'] {
  return (dy, saved, attributes, stock) => {
    const gradients = stock(dy, [madeAgain(saved[0]!, dy), saved[1]!], attributes);
    return {
      [activation]: () => afterWeightGradients(gradients[activation]!),
      [weight]: () => weightGradient(gradients[weight]!),
    };
  };
}

const nativeGradients: readonly NativeGradient[] = [
  {
    // The output is kept instead of the input: the next layer keeps it anyway.
    kernelName: tf.Relu,
    saves: { outputsToSave: [true] },
    native: (dy, [y]) => ({ x: () => runSingleOp('ReluGrad', [], [dy, y!]) }),
    otherwise: (dy, [y]) => ({ x: () => tf.mul(dy, tf.cast(tf.step(y!), 'float32')) }),
  },
  { kernelName: tf.BatchMatMul, native: weightBeforeActivation('a', 'b') },
  { kernelName: tf.Conv2D, native: weightBeforeActivation('x', 'filter') },
  {
    kernelName: tf.Relu6,
    native: (dy, [x]) => ({ x: () => runSingleOp('Relu6Grad', [], [dy, x!]) }),
  },
  { kernelName: tf.Tanh, native: (dy, [y]) => ({ x: () => runSingleOp('TanhGrad', [], [y!, dy]) }) },
  { kernelName: tf.Sigmoid, native: (dy, [y]) => ({ x: () => runSingleOp('SigmoidGrad', [], [y!, dy]) }) },
  {
    kernelName: tf.Mean,
    native: (dy, saved, { axis }) => {
      const { shape, size } = saved[0]!;
      return { x: () => tf.tidy(() => broadcastTo(tf.div(tf.reshape(dy, keptShape(shape, axis)), size / dy.size), shape)) };
    },
  },
  {
    kernelName: tf.Sum,
    native: (dy, saved, { axis }) => {
      const { shape } = saved[0]!;
      return { x: () => tf.tidy(() => broadcastTo(tf.reshape(dy, keptShape(shape, axis)), shape)) };
    },
  },
  {
    kernelName: tf.Add,
    native: (dy, saved) => {
      const [a, b] = saved as [Tensor, Tensor];
      return { a: () => reduceTo(dy, a.shape), b: () => reduceTo(dy, b.shape) };
    },
  },
  {
    // The stock gradient adds slices one by one and knows four axes at most.
    kernelName: tf.Tile,
    native: (dy, saved, attributes) => {
      const { shape } = saved[0]!;
      const repetitions = attributes.reps as number[];
      const split = shape.flatMap((length, axis) => [repetitions[axis]!, length]);
      return { x: () => tf.tidy(() => tf.sum(tf.reshape(dy, split), shape.map((_, axis) => 2 * axis))) };
    },
  },
];

/**
 * Replaces stock gradients that are slow on this engine, or that put megabytes of ones into a graph. Gradients belong to
 * no backend in tfjs; the replacements do as the stock ones do when another backend is active.
 */
export function registerNativeGradients(): void {
  for (const { kernelName, saves, native, otherwise } of nativeGradients) {
    const stock = tf.getGradient(kernelName);
    const stockGradient = stock.gradFunc as unknown as Gradient;
    const fallback = otherwise ?? stockGradient;
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      ...(saves ?? stock),
      kernelName,
      gradFunc: (dy, saved, attributes) => (tf.getBackend() === backendName ? native(dy as Tensor, saved, attributes, stockGradient) : fallback(dy as Tensor, saved, attributes)),
    });
  }
}
