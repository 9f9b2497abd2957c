import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomKey } from '../random/random-key.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { apply } from './apply.js';
import { dropout } from './dropout.js';
import { linear } from './linear.js';
import type { Backbone } from './module.js';
import { resnet18 } from './resnet.js';
import type { Scope } from './scope.js';
import { sequential } from './sequential.js';
import { stateless } from './stateless.js';
import { visionTransformer } from './vision-transformer/vision-transformer.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const vit = (checkpoint: boolean) =>
  visionTransformer({ imageSize: 8, patchSize: 4, width: 8, depth: 3, heads: 2, stochasticDepth: 0.5, layerScale: 0.3, qkNorm: true, checkpoint });
const resnet = (checkpoint: boolean) => resnet18({ stem: 'cifar', width: 2, checkpoint });

/** Everything that a training step takes from a network. */
function step(backbone: Backbone) {
  const { params, buffers } = backbone.init(3);
  const images: Tensor4D = tf.randomNormal([6, 8, 8, 3], 0, 1, 'float32', 5);
  const { value, aux, gradients } = valueAndGradients((trained: TensorRecord) => {
    const { output, buffers: newBuffers } = apply(backbone, { params: trained, buffers }, images, { training: true, key: randomKey(1, 2, 'forward') });
    return { value: tf.mean(tf.square(tf.sub(output, 1))) as Scalar, aux: { output, buffers: newBuffers } };
  }, params);
  return { value, ...aux, gradients: gradients[0] };
}

describe.each<[string, (checkpoint: boolean) => Backbone]>([
  ['a ViT with stochastic depth', vit],
  ['a ResNet with batch norm', resnet],
])('checkpointing %s', (_name, create) => {
  it('changes neither output nor buffers nor gradients', () => {
    const [plain, again] = [step(create(false)), step(create(true))];
    for (const part of ['output', 'buffers', 'gradients'] as const) {
      const [expected, found] = [plain, again].map((one) => treeToMap({ part: one[part] }));
      expect(Object.keys(found!)).toEqual(Object.keys(expected!));
      for (const [path, tensor] of Object.entries(expected!)) expect(found![path]!.dataSync(), path).toEqual(tensor.dataSync());
    }
    expect(Math.max(...Object.values(treeToMap(plain.gradients)).map((gradient) => tf.max(tf.abs(gradient)).dataSync()[0]!))).toBeGreaterThan(0);
  });

  it('leaves no tensors behind', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => void step(create(true)));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('scope.checkpoint', () => {
  it('draws the same in the gradient, and what follows draws as without it', () => {
    const layers = sequential([linear(4, 4), dropout(0.5), dropout(0.5)]);
    const variables = layers.init(0);
    const run = (scope: Scope, x: tf.Tensor): tf.Tensor => layers.forward(scope, x);
    const network = (wrap: boolean) => stateless((scope, x: tf.Tensor) => run(scope, wrap ? scope.checkpoint(run, x) : run(scope, x)));
    const gradient = (wrap: boolean) =>
      tf.grad((x) => apply(network(wrap), variables, x, { training: true, key: randomKey(0, 0, 'forward') }).output)(tf.ones([3, 4])).dataSync();
    expect(gradient(true)).toEqual(gradient(false));
    expect(gradient(true).some((value) => value !== 0)).toBe(true);
  });
});
