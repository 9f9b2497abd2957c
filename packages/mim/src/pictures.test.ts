import { useBackend } from '@ssl/backend';
import { beitOptions, visionTransformer } from '@ssl/core';
import type { FrozenNetwork, PictureGrid, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { beit } from './beit.js';
import { beitPictures } from './beit-pictures.js';
import { dvae } from './dvae.js';
import { patchify } from './patchify.js';
import { simmim } from './simmim.js';
import { simmimPictures } from './simmim-pictures.js';
import type { Tokenizer, TokenizerMethod } from './tokenizer.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const normalization = { mean: [0.4], deviation: [0.2] };
/** Four patches of 4 x 4; the second and the third are hidden. */
const inputs = () => ({ extras: { mask: tf.tensor2d([[0, 1, 1, 0]]) }, images: tf.reshape<tf.Rank.R4>(tf.linspace(0.05, 0.95, 8 * 8 * 3), [1, 8, 8, 3]), normalization });
const hidden = [1, 2];

/** Patches of each column by its name: pixels of the four patches. */
function patchesOf([grid]: readonly PictureGrid[]): Record<string, number[][]> {
  return Object.fromEntries(grid!.columns.map(({ name, images }) => [name, (patchify(images, 4).arraySync())[0]!]));
}
const near = (a: readonly number[], b: readonly number[]): boolean => a.every((value, i) => Math.abs(value - b[i]!) < 1e-5);

describe('SimMIM', () => {
  test('shows a prediction in the hidden patches alone, in the colours of the image', () => {
    // Knows the image, in training's units.
    const shown = patchesOf(simmimPictures((images) => patchify(tf.add(images, 0.1) as Tensor4D, 4), 4, inputs()));
    expect(Object.keys(shown)).toEqual(['Image', 'Masked', 'Visible and predicted']);
    for (let patch = 0; patch < 4; patch++) {
      const image = shown.Image![patch]!;
      const isHidden = hidden.includes(patch);
      expect(near(shown.Masked![patch]!, isHidden ? image.map(() => 0.5) : image)).toBe(true);
      expect(near(shown['Visible and predicted']![patch]!, isHidden ? image.map((value) => Math.min(1, value + 0.02)) : image)).toBe(true);
    }
  });

  test('the method has them, of what it predicts', () => {
    const method = simmim({ backbone: visionTransformer({ imageSize: 8, patchSize: 4, width: 16, heads: 2, depth: 1, maskToken: true }) });
    const shown = (seed: number) => patchesOf(method.pictures!({ ...method.init(seed), ...inputs() }))['Visible and predicted']!;
    const [one, other] = [shown(0), shown(1)];
    expect(near(one[0]!, other[0]!)).toBe(true);
    expect(near(one[1]!, other[1]!)).toBe(false);
  });
});

describe('dVAE', () => {
  test('shows what is drawn from the tokens', () => {
    const method = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 });
    const { params, aux } = method.init(0);
    const { images } = inputs();
    const [grid] = method.pictures!({ params, aux, ...inputs() });
    const drawn = grid!.columns[1]!.images.arraySync();
    expect(drawn).toEqual(method.reconstruct({ params, images }).arraySync());
    expect(drawn).toEqual(method.tokenizer.draw!({ params, aux }, method.tokenizer.tokens(method.tokenizer.variables({ params, aux }), images)).arraySync());
  });
});

describe('BEiT', () => {
  /** Token: tenths of a patch's brightness. Drawn as that brightness, in patches of 2 pixels. */
  const tenths = {
    name: 'tenths',
    tokenizer: {
      vocabulary: 10,
      stride: 2,
      variables: ({ params }) => params,
      tokens: (_variables, images) => tf.cast(tf.reshape<tf.Rank.R2>(tf.floor(tf.mul(tf.mean(tf.avgPool(images, 2, 2, 'valid'), 3), 10)), [images.shape[0], -1]), 'int32'),
      draw: (_state, tokens) => tf.image.resizeNearestNeighbor(tf.tile(tf.reshape(tf.div(tokens, 10), [-1, 2, 2, 1]), [1, 1, 1, 3]) as Tensor4D, [4, 4]),
    } satisfies Tokenizer,
  } as unknown as TokenizerMethod;
  const frozenOf = (method: SslMethod, value = 1): FrozenNetwork => ({ method, imageSize: 4, channels: 3, weights: () => ({ params: { level: tf.scalar(value) }, aux: {} }) });
  const variables: () => TensorRecord = () => ({ level: tf.scalar(1) });

  test('draws true tokens, and in hidden patches the likeliest ones', () => {
    // Says token 7 everywhere.
    const predict = () => tf.tile(tf.reshape<tf.Rank.R3>(tf.oneHot(7, 10), [1, 1, 10]), [1, 4, 1]) as tf.Tensor3D;
    const shown = patchesOf(beitPictures(frozenOf(tenths), predict, { ...inputs(), variables: variables() }));
    expect(Object.keys(shown)).toEqual(['Image', 'Masked', 'True tokens', 'Predicted tokens']);
    for (let patch = 0; patch < 4; patch++) {
      const image = shown.Image![patch]!;
      const mean = Math.floor((10 * image.reduce((sum, value) => sum + value, 0)) / image.length) / 10;
      expect(Math.abs(shown['True tokens']![patch]![0]! - mean)).toBeLessThan(0.11);
      expect(near(shown['Predicted tokens']![patch]!, hidden.includes(patch) ? image.map(() => 0.7) : shown['True tokens']![patch]!)).toBe(true);
    }
  });

  test('a tokenizer without a decoder, or other weights than the run was trained with, are explained', () => {
    const silent = { ...tenths.tokenizer, draw: undefined };
    const predict = () => tf.zeros<tf.Rank.R3>([1, 4, 10]);
    expect(() => beitPictures(frozenOf({ ...tenths, tokenizer: silent } as unknown as SslMethod), predict, { ...inputs(), variables: variables() })).toThrow(/tenths stand for features.*dvae/);
    expect(() => beitPictures(frozenOf(tenths, 2), predict, { ...inputs(), variables: variables() })).toThrow(/checkpoint is gone/);
  });

  test('the method has them with a dVAE, and leaves no tensor behind', () => {
    const dictionary = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 }) as unknown as SslMethod;
    const tokenizer: FrozenNetwork = { method: dictionary, weights: () => dictionary.init(0), imageSize: 8, channels: 3 };
    const method = beit({ backbone: visionTransformer({ ...beitOptions, imageSize: 8, patchSize: 4, width: 16, heads: 2, depth: 1, maskToken: true }), tokenizer });
    const state = method.init(0);
    const input = inputs();
    const before = tf.memory().numTensors;
    const names = tf.tidy(() => method.pictures!({ ...state, ...input }).map(({ title }) => title));
    expect(names).toEqual(['Tokens']);
    expect(tf.memory().numTensors).toBe(before);
  });
});
