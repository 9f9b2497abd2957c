import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { checkpointed } from './checkpointed.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const normal = (shape: [number, number], seed: number): Tensor2D => tf.randomNormal<tf.Rank.R2>(shape, 0, 1, 'float32', seed);

interface Layer {
  readonly [name: string]: Tensor2D;
  readonly x: Tensor2D;
  readonly w: Tensor2D;
}

const block = ({ x, w }: Layer): Tensor2D => tf.tanh(tf.mul(tf.exp(tf.mul(tf.tanh(tf.matMul(x, w)), 0.1)), x));

function chain(layer: (args: Layer) => Tensor2D) {
  const inputs = { x: normal([5, 4], 1), weights: [2, 3, 4].map((seed) => normal([4, 4], seed)) };
  const result = valueAndGradients(({ x, weights }: typeof inputs) => {
    const y = weights.reduce<Tensor2D>((now, w) => layer({ x: now, w }), x);
    return { value: tf.sum(tf.square(y)) as Scalar, aux: {} };
  }, inputs);
  disposeTree(inputs);
  return result;
}

/** Largest number of tensors alive at once while `run` runs. */
function mostTensors(run: () => unknown): number {
  const engine = tf.engine();
  const original = engine.trackTensor.bind(engine);
  let most = 0;
  engine.trackTensor = (tensor, backend) => {
    original(tensor, backend);
    most = Math.max(most, engine.state.numDataBuffers);
  };
  try {
    run();
  } finally {
    engine.trackTensor = original;
  }
  return most;
}

describe('checkpointed', () => {
  it('gives the values and gradients of the function itself, bit for bit', () => {
    const plain = chain(block);
    const again = chain(checkpointed(block));
    expect(again.value.dataSync()).toEqual(plain.value.dataSync());
    const [expected, found] = [plain, again].map(({ gradients }) => treeToMap(gradients[0]));
    expect(Object.keys(found!)).toHaveLength(4);
    for (const [path, gradient] of Object.entries(expected!)) expect(found![path]!.dataSync(), path).toEqual(gradient.dataSync());
  });

  it('runs the function twice, and only once without a gradient', () => {
    let runs = 0;
    const counted = checkpointed((x: Tensor) => {
      runs++;
      return tf.square(x);
    });
    tf.dispose(counted(tf.scalar(3)));
    expect(runs).toBe(1);
    expect(tf.grad((x) => counted(x))(tf.scalar(3)).dataSync()[0]).toBe(6);
    expect(runs).toBe(3);
  });

  it('keeps fewer tensors for the gradient, and frees all of them', () => {
    const before = tf.memory().numTensors;
    const deep = (layer: (x: Tensor) => Tensor) => () => {
      const x = tf.ones([8]);
      const y = tf.grad((start) => Array.from({ length: 8 }).reduce<Tensor>((now) => layer(now), start))(x);
      tf.dispose([x, y]);
    };
    const layer = (x: Tensor): Tensor => Array.from({ length: 6 }).reduce<Tensor>((now) => tf.sin(now), x);
    const plain = mostTensors(deep(layer));
    const less = mostTensors(deep(checkpointed(layer)));
    expect(less).toBeLessThan(plain / 2);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('takes several results, results without influence, and arguments that are no floats', () => {
    const run = (wrap: typeof checkpointed) => {
      const split = wrap(({ x, rows }: { x: Tensor2D; rows: tf.Tensor1D }) => ({
        picked: tf.gather(x, rows),
        unused: tf.exp(x),
        counts: tf.add(rows, 1),
        same: x,
      }));
      return tf.grad((x) => {
        const { picked, same } = split({ x: x as Tensor2D, rows: tf.tensor1d([2, 2, 0], 'int32') });
        return tf.add(tf.sum(tf.square(picked)), tf.sum(same));
      })(normal([3, 2], 7));
    };
    expect(run(checkpointed).dataSync()).toEqual(run((fn) => fn).dataSync());
  });

  it('nests, inside itself and in a gradient of a gradient', () => {
    const cube = (wrap: typeof checkpointed) => wrap((x: Tensor) => tf.mul(wrap((y: Tensor) => tf.square(y))(x), x));
    const gradient = (x: Tensor): Tensor => tf.grad((y) => cube(checkpointed)(y))(x);
    expect(gradient(tf.scalar(2)).dataSync()[0]).toBe(12);
    expect(tf.grad((x) => gradient(x))(tf.scalar(2)).dataSync()[0]).toBe(12);
  });
});
