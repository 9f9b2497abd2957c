import { compile, currentEngine, disposeTree, type Precision, type TensorTree } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { medianSeconds } from './repeat.js';

/** What the engine gives on this machine. */
export interface EngineSpeed {
  /** Matrix products, in GFLOP/s. */
  readonly matrixProduct: Readonly<Partial<Record<Precision, number>>>;
  /** 3 x 3 convolutions, in GFLOP/s. */
  readonly convolution: Readonly<Partial<Record<Precision, number>>>;
  /** Bytes read and written by an addition of large tensors, in GB/s. */
  readonly bandwidth: number;
}

/** Measures matrix products, convolutions and memory; bfloat16 only where the engine has it. */
export async function measureEngine(budgetSeconds: number): Promise<EngineSpeed> {
  const native = currentEngine().name === 'tensorflow';
  const precisions: readonly Precision[] = native ? ['float32', 'bfloat16'] : ['float32'];
  const each = budgetSeconds / (2 * precisions.length + 1);
  const [side, channels, image, count] = native ? [1024, 64, 32, 32] : [128, 8, 16, 4];
  const matrixProduct: Partial<Record<Precision, number>> = {};
  const convolution: Partial<Record<Precision, number>> = {};
  for (const precision of precisions) {
    const matrices = { a: tf.ones([side, side]), b: tf.ones([side, side]) };
    const product = ({ a, b }: typeof matrices): tf.Tensor => tf.sum(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D));
    matrixProduct[precision] = (2 * side ** 3) / (await secondsOf(product, matrices, each, precision)) / 1e9;
    const maps = { x: tf.ones([count, image, image, channels]), filter: tf.ones([3, 3, channels, channels]) };
    const convolve = ({ x, filter }: typeof maps): tf.Tensor => tf.sum(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'));
    const operations = 2 * count * image * image * channels * channels * 9;
    convolution[precision] = operations / (await secondsOf(convolve, maps, each, precision)) / 1e9;
  }
  const length = native ? 1 << 24 : 1 << 18;
  const vectors = { a: tf.ones([length]), b: tf.ones([length]) };
  const bandwidth = (3 * 4 * length) / (await secondsOf(({ a, b }: typeof vectors) => tf.add(a, b), vectors, each, 'float32')) / 1e9;
  return { matrixProduct, convolution, bandwidth };
}

async function secondsOf<Args extends TensorTree>(fn: (args: Args) => tf.Tensor, args: Args, budgetSeconds: number, precision: Precision): Promise<number> {
  const run = compile(fn, { name: 'bench', precision });
  try {
    return await medianSeconds(async () => {
      const result = await run(args);
      if (result.size === 1) await result.data();
      result.dispose();
    }, budgetSeconds);
  } finally {
    run.dispose();
    disposeTree(args);
  }
}
