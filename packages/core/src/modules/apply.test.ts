import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import { beforeAll, describe, expect, it } from 'vitest';
import { randomKey } from '../random/random-key.js';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { relu } from './activation.js';
import { apply } from './apply.js';
import { batchNorm } from './batch-norm.js';
import { conv2d } from './conv2d.js';
import { linear } from './linear.js';
import type { Scope } from './scope.js';
import { sequential } from './sequential.js';
import { stateless } from './stateless.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const network = sequential([linear(3, 4, { bias: false }), batchNorm(4), relu(), linear(4, 2)]);
const input = () => tf.tensor2d([1, 2, 3, -1, 0, 2, 4, 1, -3], [3, 3]);

describe('apply', () => {
  it('names parameters and buffers as PyTorch does', () => {
    const { params, buffers } = network.init(0);
    expect(Object.keys(treeToMap(params))).toEqual(['0.weight', '1.bias', '1.weight', '3.bias', '3.weight']);
    expect(Object.keys(treeToMap(buffers))).toEqual(['1.running_mean', '1.running_var']);
  });

  it('returns new buffers in training and the old ones else', () => {
    const variables = network.init(0);
    const training = apply(network, variables, input(), { training: true });
    const evaluation = apply(network, variables, input(), { training: false });
    expect(evaluation.buffers).toEqual(variables.buffers);
    const before = treeToMap(variables.buffers)['1.running_mean'];
    const after = treeToMap(training.buffers)['1.running_mean'];
    expect(after?.id).not.toBe(before?.id);
    expect(training.output.shape).toEqual([3, 2]);
  });

  it('shows an updated buffer to later reads in the same call', () => {
    const twice = {
      init: () => ({ params: {}, buffers: { count: tf.scalar(0) } }),
      forward: (scope: Scope, x: tf.Tensor) => {
        scope.update('count', tf.add(scope.buffer('count'), 1));
        scope.update('count', tf.add(scope.buffer('count'), 1));
        return x;
      },
    };
    const { buffers } = apply(twice, twice.init(), tf.scalar(0), { training: true });
    expect((buffers.count as tf.Scalar).dataSync()[0]).toBe(2);
  });

  it('keeps buffer updates out of the gradient and frees everything else', () => {
    const variables = network.init(0);
    const x = input();
    const before = tf.memory().numTensors;
    const { value, aux, gradients } = valueAndGradients((params) => {
      const { output, buffers } = apply(network, { params, buffers: variables.buffers }, x, { training: true });
      return { value: tf.sum(tf.square(output)) as tf.Scalar, aux: buffers };
    }, variables.params);
    const kept = [value, ...Object.values(treeToMap(aux)), ...Object.values(treeToMap(gradients[0]))];
    expect(tf.memory().numTensors - before).toBe(kept.length);
    expect(treeToMap(gradients[0])['0.weight']?.shape).toEqual([4, 3]);
    tf.dispose(kept);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives every place and draw a key of its own', () => {
    const keys: number[][] = [];
    const draw = stateless((scope, x: tf.Tensor) => {
      keys.push([...scope.randomKey().dataSync()], [...scope.randomKey().dataSync()]);
      return x;
    });
    const net = sequential([draw, draw]);
    apply(net, net.init(0), tf.scalar(1), { training: true, key: randomKey(0, 0, 'test') });
    expect(new Set(keys.map(String)).size).toBe(4);
  });

  it('says what is missing', () => {
    const variables = network.init(0);
    expect(() => apply(network, { ...variables, params: {} }, input(), { training: false })).toThrow(
      /module at '0' needs the parameter 'weight', got only: nothing/,
    );
    const draw = stateless((scope, x: tf.Tensor) => tf.mul(x, scope.randomKey()));
    expect(() => apply(draw, draw.init(0), tf.scalar(1), { training: true })).toThrow(/the mode has no key/);
  });

  it('draws the same network from the same seed', () => {
    const layer = conv2d(3, 4, 3, { initialisation: 'kaimingFanOut', bias: false });
    const weights = (seed: number) => [...(treeToMap(layer.init(seed).params).weight!).dataSync()];
    expect(weights(7)).toEqual(weights(7));
    expect(weights(7)).not.toEqual(weights(8));
  });
});
