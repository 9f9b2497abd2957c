import { randomMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { randomKey, visionTransformer } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { mae } from './mae.js';
import { maeReconstruction } from './mae-reconstruction.js';
import { patchify } from './patchify.js';

const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('maeReconstruction', () => {
  beforeAll(() => useBackend({ device: 'cpu' }));
  const backbone = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2, positions: 'sincos', initialisation: 'mae' });
  const method = mae({ backbone, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 });

  it('is the image where it is visible, grey or the prediction where it is hidden, within 0..1', () => {
    const { params, aux } = method.init(0);
    const images = tf.randomUniform([3, 16, 16, 3], 0, 1, 'float32', 4) as Tensor4D;
    const hidden = randomMasks({ patches: 16, masked: 12 })(3, randomKey(0, 0, 'masks'));
    const before = tf.memory().numTensors;
    const { masked, reconstruction, composed } = maeReconstruction({ method, params, aux, images, mask: hidden.mask as Tensor2D });
    expect(tf.memory().numTensors).toBe(before + 3);
    const mask = tf.expandDims<Tensor3D>(hidden.mask as Tensor2D, 2);
    const inside = (a: Tensor4D, b: Tensor4D, where: Tensor): number => farthest(tf.mul(patchify(a, 4), where), tf.mul(patchify(b, 4), where));
    expect(inside(masked, images, tf.sub(1, mask))).toBe(0);
    expect(inside(masked, tf.fill([3, 16, 16, 3], 0.5), mask)).toBe(0);
    expect(inside(composed, images, tf.sub(1, mask))).toBeLessThan(1e-6);
    expect(inside(composed, reconstruction, mask)).toBe(0);
    expect(inside(reconstruction, images, mask)).toBeGreaterThan(0.1);
    for (const extreme of [tf.min(reconstruction), tf.sub(1, tf.max(reconstruction))]) expect(extreme.dataSync()[0]).toBeGreaterThanOrEqual(0);
  });

  it('equals reconstruct with the patches named in another order, in the units of the images', () => {
    const { params, aux } = method.init(0);
    const images = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 5) as Tensor4D;
    const hidden = randomMasks({ patches: 16, masked: 12 })(2, randomKey(1, 0, 'masks'));
    const mask = hidden.mask as Tensor2D;
    const given = tf.div<Tensor4D>(tf.sub(images, 0.5), 0.25);
    const { predicted } = method.reconstruct({ params, aux, images: given, hidden: hidden as never });
    const normalization = { mean: [0.5], deviation: [0.25] };
    const wanted = tf.clipByValue(tf.add(tf.mul(predicted, 0.25), 0.5), 0, 1);
    expect(farthest(maeReconstruction({ method, params, aux, images, mask, normalization }).reconstruction, wanted)).toBeLessThan(1e-5);
  });

  it('says what is wrong with a mask that hides more in one image than in another', () => {
    const { params, aux } = method.init(0);
    const mask = tf.tensor2d([...Array.from({ length: 16 }, (_, i) => Number(i < 12)), ...Array.from({ length: 16 }, (_, i) => Number(i < 8))], [2, 16]);
    expect(() => maeReconstruction({ method, params, aux, images: tf.zeros([2, 16, 16, 3]), mask })).toThrow('got 12, 8. Draw the mask with randomMasks.');
  });
});
