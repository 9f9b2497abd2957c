import { useBackend } from '@ssl/backend';
import { randomKey, type Views } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { withMixing, type WithMixingOptions } from './with-mixing.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const batch = 64;
const plain: Views = ({ images }) => ({ views: [images] });

/** Images of one value each, their class, so that an image says how much of which class is in it. */
function mix(options: Omit<WithMixingOptions, 'classes'>, step = 0) {
  const labels = tf.tensor1d(Array.from({ length: batch }, (_, i) => i % 2), 'int32');
  const images = tf.tile(tf.reshape(tf.cast(labels, 'float32'), [batch, 1, 1, 1]), [1, 8, 8, 1]) as tf.Tensor4D;
  const made = withMixing(plain, { classes: 2, ...options })({ images, aspects: tf.ones([batch]), labels, key: randomKey(1, step, 'test') });
  const targets = made.extras!.targets!.arraySync() as number[][];
  return { targets, pixels: made.views[0]!.arraySync(), mean: tf.mean(made.views[0]!, [1, 2, 3]).arraySync() as number[] };
}

test.each([
  ['mixup', { mixup: 0.8 }],
  ['cutmix', { cutmix: 1 }],
])('%s mixes labels as it mixes images', (_name, options) => {
  const { targets, mean } = mix(options);
  targets.forEach((target, i) => {
    expect(target[1]).toBeCloseTo(mean[i]!, 5);
    expect(target[0]! + target[1]!).toBeCloseTo(1, 5);
  });
  expect(targets.filter((target) => target[0]! > 0.01 && target[1]! > 0.01).length).toBeGreaterThan(10);
});

test('with both, a batch is mixed in one way, and batches differ in which', () => {
  const boxes = Array.from({ length: 12 }, (_, step) => {
    const { pixels, targets, mean } = mix({ mixup: 1, cutmix: 1 }, step);
    targets.forEach((target, i) => expect(target[1]).toBeCloseTo(mean[i]!, 5));
    return pixels.flat(3).every((value) => value < 1e-6 || value > 1 - 1e-6); // boxes leave whole pixels, Mixup does not
  });
  expect(new Set(boxes)).toEqual(new Set([true, false]));
});

test('without an alpha the labels are one-hot and the images stay', () => {
  const { targets, mean } = mix({});
  expect(targets.slice(0, 2)).toEqual([[1, 0], [0, 1]]);
  expect(mean.slice(0, 2)).toEqual([0, 1]);
});

test('labels are needed', () => {
  const images = tf.zeros<tf.Rank.R4>([2, 4, 4, 1]);
  expect(() => withMixing(plain, { classes: 2, mixup: 1 })({ images, aspects: tf.ones([2]), key: randomKey(0, 0, 'x') })).toThrow(/got 1 views and no labels/);
});
