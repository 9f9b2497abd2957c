import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { compile, withPrecision } from '@ssl/core';
import * as ops from '@ssl/core/ops';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';

const engines = ['js', 'wasm', 'cpu'] as const;

/** Numbers that look random and are the same everywhere. */
function numbers(shape: number[], seed: number, spread = 2): number[] {
  const size = shape.reduce((product, length) => product * length, 1);
  return Array.from({ length: size }, (_, i) => spread * Math.sin(12.9898 * (i + 1) + 78.233 * seed));
}

interface Case {
  readonly name: string;
  readonly shapes: number[][];
  readonly run: (...inputs: Tensor[]) => Tensor;
  readonly tolerance?: number;
  /** Reference formula out of elementary operations; the engines are compared with each other in any case. */
  readonly literal?: (...inputs: Tensor[]) => Tensor;
}

const labels = (): Tensor2D => tf.softmax(tf.tensor2d(numbers([5, 7], 9), [5, 7]));

function plainAttention(q: Tensor, k: Tensor, v: Tensor): Tensor {
  return tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(q.shape[3]!))), v);
}

function plainBatchNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, x.rank === 2 ? [0] : [0, 1, 2]);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), offset);
}

function plainLayerNorm(x: Tensor, scale: Tensor, offset: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), scale), offset);
}

const cases: Case[] = [
  {
    name: 'batchNormTraining of features',
    shapes: [[6, 5], [5], [5]],
    run: (x, scale, offset) => ops.batchNormTraining(x!, scale as Tensor1D, offset as Tensor1D).y,
    literal: plainBatchNorm,
  },
  {
    name: 'batchNormTraining of images',
    shapes: [[3, 4, 4, 5], [5], [5]],
    run: (x, scale, offset) => ops.batchNormTraining(x!, scale as Tensor1D, offset as Tensor1D).y,
    literal: plainBatchNorm,
  },
  {
    name: 'layerNorm',
    shapes: [[3, 4, 6], [6], [6]],
    run: (x, scale, offset) => ops.layerNorm(x!, scale as Tensor1D, offset as Tensor1D),
    literal: plainLayerNorm,
  },
  {
    name: 'gelu',
    shapes: [[4, 9]],
    run: (x) => ops.gelu(x!),
    literal: (x) => tf.mul(tf.mul(x!, 0.5), tf.add(1, tf.erf(tf.div(x!, Math.SQRT2)))),
  },
  {
    name: 'gelu, tanh formula',
    shapes: [[4, 9]],
    run: (x) => ops.gelu(x!, { approximate: true }),
    literal: (x) =>
      tf.mul(
        tf.mul(x!, 0.5),
        tf.add(1, tf.tanh(tf.mul(Math.sqrt(2 / Math.PI), tf.add(x!, tf.mul(0.044715, tf.pow(x!, 3)))))),
      ),
  },
  {
    name: 'softmaxCrossEntropy',
    shapes: [[5, 7]],
    run: (logits) => ops.softmaxCrossEntropy(logits as Tensor2D, labels()),
    literal: (logits) => tf.neg(tf.sum(tf.mul(labels(), tf.logSoftmax(logits!)), -1)),
  },
  {
    name: 'softmaxCrossEntropy of int32 labels from tf.oneHot',
    shapes: [[5, 7]],
    run: (logits) => ops.softmaxCrossEntropy(logits as Tensor2D, tf.oneHot(tf.tensor1d([0, 3, 6, 1, 1], 'int32'), 7) as Tensor2D),
  },
  {
    name: 'softmaxCrossEntropy of labels that do not sum to 1',
    shapes: [[5, 7]],
    run: (logits) => ops.softmaxCrossEntropy(logits as Tensor2D, tf.mul(labels(), tf.tensor2d([[0], [1], [2], [0.5], [3]]))),
    literal: (logits) =>
      tf.neg(tf.sum(tf.mul(tf.mul(labels(), tf.tensor2d([[0], [1], [2], [0.5], [3]])), tf.logSoftmax(logits!)), -1)),
  },
  { name: 'logSoftmax', shapes: [[2, 3, 5]], run: (x) => ops.logSoftmax(x!), literal: (x) => tf.log(tf.softmax(x!)) },
  {
    name: 'attention in one block',
    shapes: [[2, 2, 5, 4], [2, 2, 5, 4], [2, 2, 5, 4]],
    run: (q, k, v) => ops.attention(q as Tensor4D, k as Tensor4D, v as Tensor4D),
    literal: plainAttention as Case['literal'] & {},
  },
  {
    name: 'attention in blocks, more keys than queries',
    shapes: [[1, 2, 150, 4], [1, 2, 70, 4], [1, 2, 70, 4]],
    run: (q, k, v) => ops.attention(q as Tensor4D, k as Tensor4D, v as Tensor4D, { blockSize: 32 }),
    literal: plainAttention as Case['literal'] & {},
  },
  { name: 'l2Normalize', shapes: [[4, 6]], run: (x) => ops.l2Normalize(x as Tensor2D) },
  {
    name: 'convolution of stride 2',
    shapes: [[2, 7, 7, 3], [3, 3, 3, 4]],
    run: (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, 2, 'same'),
  },
  {
    name: 'convolution with padding 1',
    shapes: [[2, 6, 6, 3], [3, 3, 3, 4]],
    run: (x, filter) => tf.conv2d(tf.pad(x!, [[0, 0], [1, 1], [1, 1], [0, 0]]) as Tensor4D, filter as Tensor4D, 2, 'valid'),
  },
  { name: 'max pool', shapes: [[2, 6, 6, 3]], run: (x) => tf.maxPool(x as Tensor4D, 3, 2, 'same') },
];

/** Value and gradients of a case, with every input used twice: once inside, once added to the loss. */
function valueAndGradients(run: (...inputs: Tensor[]) => Tensor, inputs: Tensor[]): Tensor[] {
  return tf.tidy(() => {
    const value = run(...inputs);
    const weights = tf.tensor(numbers(value.shape, 77), value.shape);
    const gradients = tf.grads((...list: Tensor[]) => {
      const y = run(...list);
      const twice = tf.add(tf.mul(y, weights), tf.mul(tf.square(y), 0.5));
      return tf.add(tf.sum(twice), tf.addN(list.map((x) => tf.mean(x)))) as tf.Scalar;
    })(inputs);
    return [value, ...gradients];
  });
}

async function read(tensors: readonly Tensor[]): Promise<number[][]> {
  const values = await Promise.all(tensors.map(async (tensor) => Array.from(await tensor.data())));
  tf.dispose([...tensors]);
  return values;
}

function expectClose(actual: number[][], expected: number[][], tolerance: number, who: string): void {
  expect(actual.length, who).toBe(expected.length);
  for (const [i, list] of expected.entries()) {
    const found = actual[i]!;
    expect(found.length, who).toBe(list.length);
    const worst = Math.max(...list.map((value, j) => Math.abs(value - found[j]!) / Math.max(1, Math.abs(value))));
    expect(worst, `${who}, ${i === 0 ? 'value' : `gradient ${i - 1}`}`).toBeLessThan(tolerance);
  }
}

describe.each(cases)('$name', ({ shapes, run, literal, tolerance = 2e-5 }) => {
  const inputs = (): Tensor[] => shapes.map((shape, i) => tf.tensor(numbers(shape, i), shape));

  it('gives the same values and gradients on every engine, eagerly and compiled', async () => {
    const results: number[][][] = [];
    for (const device of engines) {
      await useBackend({ device });
      results.push(await read(valueAndGradients(run, inputs())));
    }
    const [js, wasm, native] = results as [number[][], number[][], number[][]];
    expectClose(wasm, js, tolerance, 'wasm against js');
    expectClose(native, js, tolerance, 'tensorflow against js');
    const compiled = compile(({ list }: { list: readonly Tensor[] }) => ({ list: valueAndGradients(run, [...list]) }));
    const { list } = await compiled({ list: inputs() });
    expectClose(await read(list), js, tolerance, 'tensorflow compiled against js');
    compiled.dispose();
    if (literal !== undefined) expectClose(native, await read(valueAndGradients(literal, inputs())), tolerance, 'against the formula');
  });
});

describe('in bfloat16', () => {
  /** The case behind a matrix product, which makes its first input a bfloat16 tensor on libtensorflow. */
  const behindProduct = (run: Case['run'], inputs: Tensor[]): Tensor[] => {
    const last = inputs[0]!.shape.at(-1)!;
    const product = (x: Tensor): Tensor => tf.reshape(tf.matMul(tf.reshape(x, [-1, last]), tf.mul(tf.eye(last), 1)), x.shape);
    return valueAndGradients((first, ...rest) => run(product(first!), ...rest), inputs);
  };

  it.each(cases.filter(({ name }) => !/convolution|pool/.test(name)))('$name stays close to float32', async ({ shapes, run }) => {
    await useBackend({ device: 'cpu' });
    const inputs = (): Tensor[] => shapes.map((shape, i) => tf.tensor(numbers(shape, i), shape));
    const exact = await read(behindProduct(run, inputs()));
    const eager = await read(withPrecision('bfloat16', () => behindProduct(run, inputs())));
    expectClose(eager, exact, 0.1, 'eager'); // eight bits of mantissa, gradients of squares summed over a row
    const compiled = compile(({ list }: { list: readonly Tensor[] }) => ({ list: behindProduct(run, [...list]) }), { precision: 'bfloat16' });
    const { list } = await compiled({ list: inputs() });
    expectClose(await read(list), eager, 0.05, 'compiled against eager');
    compiled.dispose();
  });
});

describe('random numbers', () => {
  const key = (): Tensor1D => tf.tensor1d([123456789, -42], 'int32');

  it('are the same bits on every engine when uniform', async () => {
    const drawn: number[][] = [];
    for (const device of engines) {
      await useBackend({ device });
      drawn.push((await read([ops.randomUniform([3, 67], key())]))[0]!);
    }
    expect(drawn[1]).toEqual(drawn[0]);
    expect(drawn[2]).toEqual(drawn[0]);
    expect(new Set(drawn[0]).size).toBeGreaterThan(190);
  });

  it('agree on every engine when normal', async () => {
    const drawn: number[][] = [];
    for (const device of engines) {
      await useBackend({ device });
      drawn.push((await read([ops.randomNormal([3, 67], key())]))[0]!);
    }
    expectClose([drawn[1]!], [drawn[0]!], 1e-6, 'wasm');
    expectClose([drawn[2]!], [drawn[0]!], 1e-5, 'tensorflow');
  });
});

describe('batch statistics', () => {
  it('hold the mean and the unbiased variance', async () => {
    for (const device of engines) {
      await useBackend({ device });
      const x = tf.tensor2d([[1, 10], [2, 20], [6, 60]]);
      const { mean, variance } = ops.batchNormTraining(x, tf.ones([2]), tf.zeros([2]));
      expectClose(await read([mean, variance]), [[3, 30], [7, 700]], 1e-5, device);
    }
  });
});

describe('imagesFromBytes', () => {
  it('gives byte / 255 in the same bits on every engine', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const expected = Array.from(Float32Array.from(bytes, (byte) => byte / 255));
    for (const device of engines) {
      await useBackend({ device });
      expect((await read([ops.imagesFromBytes(bytes, [1, 8, 8, 4])]))[0], device).toEqual(expected);
    }
  });
});
