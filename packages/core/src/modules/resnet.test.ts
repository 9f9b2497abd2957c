import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { apply } from './apply.js';
import { resnet18, resnet50 } from './resnet.js';
import { smallConvNet } from './small-conv-net.js';
import { stateless } from './stateless.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

describe('resnet', () => {
  it('scales every stage with the width', () => {
    const net = resnet18({ width: 8, stem: 'cifar', channels: 1 });
    const { params } = net.init(0);
    expect(net.featureDimension).toBe(64);
    const map = treeToMap(params);
    expect(map['conv1.weight']?.shape).toEqual([3, 3, 1, 8]);
    expect(map['layer4.0.downsample.0.weight']?.shape).toEqual([1, 1, 32, 64]);
  });

  it('makes every block the identity with zero-init residuals', () => {
    const map = treeToMap(resnet50({ width: 4, zeroInitResidual: true }).init(0).params);
    expect(map['layer1.0.bn3.weight']?.dataSync()[0]).toBe(0);
    expect(map['layer1.0.bn2.weight']?.dataSync()[0]).toBe(1);
  });

  it.each([
    ['imagenet', [2, 1, 1, 32]],
    ['cifar', [2, 4, 4, 32]],
  ] as const)('with the %s stem keeps the feature map', (stem, shape) => {
    const net = resnet18({ width: 4, stem });
    const variables = net.init(0);
    const images = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3]);
    const module = stateless(net.featureMap.bind(net));
    expect(apply(module, variables, images, { training: false }).output.shape).toEqual(shape);
    expect(apply(net, variables, images, { training: false }).output.shape).toEqual([2, 32]);
  });
});

describe('every parameter gets a gradient', () => {
  it.each([resnet18({ width: 4, stem: 'cifar' }), resnet50({ width: 4 }), smallConvNet({ widths: [4, 4], strides: [2, 1] })])(
    '$name',
    (net) => {
      const { params, buffers } = net.init(3);
      const images = tf.randomUniform<tf.Rank.R4>([4, 16, 16, 3], 0, 1, 'float32', 7);
      const target = tf.randomNormal<tf.Rank.R2>([4, net.featureDimension], 0, 1, 'float32', 8);
      const { gradients } = valueAndGradients((tree) => {
        const { output } = apply(net, { params: tree, buffers }, images, { training: true });
        return { value: tf.sum(tf.mul(output, target)) as tf.Scalar, aux: {} };
      }, params);
      for (const [path, gradient] of Object.entries(treeToMap(gradients[0]))) {
        const largest = tf.max(tf.abs(gradient)).dataSync()[0]!;
        expect(largest, path).toBeGreaterThan(0);
        expect(largest, path).toBeLessThan(Infinity);
      }
    },
  );
});
