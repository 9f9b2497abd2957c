import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { loadStateDict, randomKey, visionTransformer } from '@ssl/core';
import type { TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { maeLoss, patchStatistics } from './mae-loss.js';
import { mae, type HiddenPatches } from './mae.js';
import { patchify, unpatchify } from './patchify.js';
import { simmimLoss } from './simmim.js';

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}
interface Golden {
  readonly images: Packed;
  readonly keep: number[][];
  readonly restore: number[][];
  readonly mask: number[][];
  readonly patches: Packed;
  readonly predictions: Packed;
  readonly cases: readonly { normalizeTargets: boolean; loss: number; gradients: Record<'patch_embed' | 'mask_token' | 'decoder_pred', Packed> }[];
}
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(`__fixtures__/${name}.json`, import.meta.url), 'utf8'));
const golden = read('mae') as Golden;
const unpack = ({ shape, values }: Packed): Tensor => tf.tensor(values, shape, 'float32');
const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

const backbone = () => visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, positions: 'sincos', initialisation: 'mae' });
const methodOf = (normalizeTargets: boolean) =>
  mae({ backbone: backbone(), decoderWidth: 8, decoderDepth: 1, decoderHeads: 2, normalizeTargets });

/** lightly's weights in our trees. */
async function load(method: ReturnType<typeof methodOf>) {
  const { params, aux } = method.init(0);
  const file = fileURLToPath(new URL('__fixtures__/mae.safetensors', import.meta.url));
  const loaded = await loadStateDict(file, { params, buffers: aux.buffers });
  return { params: loaded.params, aux: { buffers: loaded.buffers } };
}

describe("MAE equals lightly's", () => {
  let images: Tensor4D;
  let hidden: HiddenPatches;
  beforeAll(async () => {
    await useBackend({ device: 'js' });
    images = unpack(golden.images) as Tensor4D;
    hidden = {
      mask: tf.tensor2d(golden.mask),
      keep: tf.tensor2d(golden.keep, [3, 4], 'int32'),
      restore: tf.tensor2d(golden.restore, [3, 16], 'int32'),
    };
  });

  const outputsOf = (method: ReturnType<typeof methodOf>, params: TensorRecord, aux: { buffers: TensorRecord }) =>
    method.forward({ params, aux, views: [images], extras: { ...hidden }, schedules: {}, training: true, key: randomKey(0, 0, 'forward') }).outputs;

  it('patches, and predictions of every patch from the visible ones with the same weights', async () => {
    const method = methodOf(true);
    const { params, aux } = await load(method);
    const { predictions, patches } = outputsOf(method, params, aux);
    expect(farthest(patches, unpack(golden.patches))).toBe(0);
    expect(predictions.shape).toEqual([3, 16, 48]);
    expect(farthest(predictions, unpack(golden.predictions))).toBeLessThan(1e-4);
  });

  it.each(golden.cases.map((wanted) => [wanted.normalizeTargets, wanted] as const))(
    'loss, and gradients of encoder, mask token and decoder, normalizeTargets %s',
    async (normalizeTargets, wanted) => {
      const method = methodOf(normalizeTargets);
      const { params, aux } = await load(method);
      type Parts = { backbone: { patch_embed: { proj: { weight: Tensor4D } } }; decoder: { mask_token: Tensor; decoder_pred: { weight: Tensor } } };
      const parts = params as unknown as Parts;
      const loss = (patchEmbed: Tensor, maskToken: Tensor, prediction: Tensor) => {
        const changed = {
          backbone: { ...parts.backbone, patch_embed: { proj: { ...parts.backbone.patch_embed.proj, weight: patchEmbed } } },
          decoder: { ...parts.decoder, mask_token: maskToken, decoder_pred: { ...parts.decoder.decoder_pred, weight: prediction } },
        } as unknown as TensorRecord;
        const { predictions, patches, mask } = outputsOf(method, changed, aux);
        return maeLoss({ predictions, patches, mask, normalizeTargets });
      };
      const { value, grads } = tf.valueAndGrads(loss)([
        parts.backbone.patch_embed.proj.weight,
        parts.decoder.mask_token,
        parts.decoder.decoder_pred.weight,
      ]);
      expect(value.dataSync()[0]).toBeCloseTo(wanted.loss, 4);
      const [patchEmbed, maskToken, prediction] = grads as [Tensor4D, Tensor, Tensor];
      expect(farthest(tf.transpose(patchEmbed, [3, 2, 0, 1]), unpack(wanted.gradients.patch_embed))).toBeLessThan(1e-4);
      expect(farthest(maskToken, unpack(wanted.gradients.mask_token))).toBeLessThan(1e-4);
      expect(farthest(prediction, unpack(wanted.gradients.decoder_pred))).toBeLessThan(1e-4);
    },
  );

  it('reconstruct puts the true statistics back: a perfect prediction of normalised targets is the image', () => {
    const { mean, deviation } = patchStatistics(patchify(images, 4));
    const normalised = tf.div<Tensor3D>(tf.sub(patchify(images, 4), mean), deviation);
    expect(maeLoss({ predictions: normalised, patches: patchify(images, 4), mask: hidden.mask }).dataSync()[0]).toBe(0);
    const restored = unpatchify(tf.add(tf.mul(normalised, deviation), mean), 4, images.shape);
    expect(farthest(restored, images)).toBeLessThan(1e-5);
  });

  it('reconstruct keeps visible patches, blanks hidden ones, and pastes the prediction into those alone', async () => {
    const method = methodOf(true);
    const { params, aux } = await load(method);
    const { masked, predicted, pasted } = method.reconstruct({ params, aux, images, hidden });
    const rows = (picture: Tensor4D): Tensor3D => patchify(picture, 4);
    const mask = tf.expandDims<Tensor3D>(hidden.mask, 2);
    const inside = (a: Tensor4D, b: Tensor4D, where: Tensor): number => farthest(tf.mul(rows(a), where), tf.mul(rows(b), where));
    expect(inside(masked, images, tf.sub(1, mask))).toBe(0);
    expect(farthest(tf.mul(rows(masked), mask), tf.zeros([3, 16, 48]))).toBe(0);
    expect(inside(pasted, images, tf.sub(1, mask))).toBe(0);
    expect(inside(pasted, predicted, mask)).toBe(0);
    const { mean, deviation } = patchStatistics(rows(images));
    expect(farthest(rows(predicted), tf.add(tf.mul(unpack(golden.predictions), deviation), mean))).toBeLessThan(5e-4);
  });

  it('refuses what does not fit', () => {
    const x = tf.zeros([1, 2, 3]) as Tensor3D;
    expect(() => maeLoss({ predictions: x, patches: x, mask: tf.ones([1, 3]) })).toThrow('[1, 3]');
    expect(() => patchify(tf.zeros([1, 5, 4, 3]), 4)).toThrow('5 x 4');
    expect(() => mae({ backbone: visionTransformer({ imageSize: 16, patchSize: 4, width: 16, heads: 2, positions: 'relative' }) })).toThrow(
      "absolute positions, got 'relative'",
    );
  });
});

describe('simmimLoss', () => {
  beforeAll(() => useBackend({ device: 'js' }));
  const wanted = read('simmim') as { prediction: Packed; images: Packed; mask: number[][]; loss: number; gradient: Packed };

  it("equals the authors' formula over pixels, and its gradient", () => {
    const mask = tf.tensor2d(wanted.mask);
    const patches = patchify(unpack(wanted.images) as Tensor4D, 4);
    const loss = (x: Tensor) => simmimLoss(patchify(x as Tensor4D, 4), patches, mask as Tensor2D);
    const { value, grad } = tf.valueAndGrad(loss)(unpack(wanted.prediction));
    expect(value.dataSync()[0]).toBeCloseTo(wanted.loss, 5);
    expect(farthest(grad, unpack(wanted.gradient))).toBeLessThan(1e-6);
  });
});
