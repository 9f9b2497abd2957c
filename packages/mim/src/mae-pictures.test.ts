import { useBackend } from '@ssl/backend';
import { vitTiny } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { mae, type MaeMethod } from './mae.js';
import { maePictures } from './mae-pictures.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const normalization = { mean: [0.4], deviation: [0.2] };
/** Four patches of 4 x 4; the second and the third are hidden. */
const inputs = () => ({ extras: { mask: tf.tensor2d([[0, 1, 1, 0]]) }, images: tf.reshape<tf.Rank.R4>(tf.linspace(0.05, 0.95, 8 * 8 * 3), [1, 8, 8, 3]) });
const state = { params: {}, aux: {} };

/** Knows the image. */
const perfect: Pick<MaeMethod, 'reconstruct'> = {
  reconstruct: ({ images: all }) => {
    const hidden = tf.concat([tf.concat([tf.zeros([1, 4, 4, 1]), tf.ones([1, 4, 4, 1])], 2), tf.concat([tf.ones([1, 4, 4, 1]), tf.zeros([1, 4, 4, 1])], 2)], 1);
    return { masked: tf.mul<Tensor4D>(all, tf.sub(1, hidden)), predicted: all, pasted: all };
  },
};

test('a perfect reconstruction equals the original, and only visible patches are shown', () => {
  const [grid] = maePictures(perfect, { ...state, ...inputs(), normalization });
  expect(grid!.columns.map(({ name }) => name)).toEqual(['Image', 'Masked', 'Reconstruction', 'Visible and predicted']);
  const [original, masked, reconstruction, composed] = grid!.columns.map((column) => column.images.arraySync());
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const visible = (y < 4) === (x < 4);
      for (let channel = 0; channel < 3; channel++) {
        const value = original![0]![y]![x]![channel]!;
        expect(reconstruction![0]![y]![x]![channel]).toBeCloseTo(value, 5);
        expect(composed![0]![y]![x]![channel]).toBeCloseTo(value, 5);
        expect(masked![0]![y]![x]![channel]).toBeCloseTo(visible ? value : 0.5, 5);
      }
    }
  }
});

test('the method has them: visible patches stay, hidden ones are predicted', () => {
  const method = mae({ backbone: vitTiny({ imageSize: 8, patchSize: 4, width: 16, heads: 2, depth: 1, positions: 'sincos' }), decoderWidth: 16, decoderDepth: 1, decoderHeads: 2 });
  const { params, aux } = method.init(0);
  const [grid] = method.pictures!({ params, aux, ...inputs(), normalization: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } });
  const [original, , reconstruction, composed] = grid!.columns.map((column) => column.images);
  const part = (x: Tensor4D | undefined, left: number): number[] => [...tf.slice(x!, [0, 0, left, 0], [1, 4, 4, 3]).dataSync()];
  part(composed, 0).forEach((value, i) => expect(value).toBeCloseTo(part(original, 0)[i]!, 5));
  part(composed, 4).forEach((value, i) => expect(value).toBeCloseTo(part(reconstruction, 4)[i]!, 5));
  expect(part(composed, 4)).not.toEqual(part(original, 4));
});
