import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { HostBatch, Views } from '../batch.js';
import { batchViews } from './batch-views.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const batch: HostBatch = {
  pixels: Uint8Array.of(0, 255),
  shape: [2, 1, 1, 1],
  indices: Int32Array.of(0, 1),
  aspects: Float32Array.of(1, 1),
};

test('views are told the step and the share of the run that is done', async () => {
  const views: Views = ({ images, step, progress }) => ({
    views: [tf.add(images, progress ?? Number.NaN) as Tensor4D],
    extras: { step: tf.mul(tf.ones([2]), step ?? Number.NaN) },
  });
  const maker = batchViews(views, 0, 40);
  for (const step of [0, 10, 30]) {
    const { views: made, extras } = await maker.make(batch, step);
    expect([...(made[0]?.dataSync() ?? [])]).toEqual([step / 40, 1 + step / 40]);
    expect([...(extras.step?.dataSync() ?? [])]).toEqual([step, step]);
    tf.dispose([...made, extras.step!]);
  }
  maker.dispose();
});
