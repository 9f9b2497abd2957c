import { useBackend } from '@ssl/backend';
import { apply, disposeTree, toStateDict } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBackbone, type BackboneDescription } from './backbone-description.js';
import { foldNormalization } from './fold-normalization.js';
import type { ImageNormalization, ImportedBackbone } from './imported-backbone.js';
import { namedNormalization, normalizationStatistics } from './normalization-statistics.js';
import { backboneVariables } from './require-complete.js';

beforeAll(() => useBackend({ device: 'js' }));

const vit: BackboneDescription = { kind: 'vision-transformer', options: { imageSize: 8, patchSize: 4, width: 16, depth: 1, heads: 2 } };
const other = { mean: [0.2, 0.3, 0.4], deviation: [0.1, 0.2, 0.3] };

async function trained(description: BackboneDescription, normalization: ImageNormalization): Promise<ImportedBackbone> {
  const variables = createBackbone(description).init(5);
  const tensors = await toStateDict(variables);
  disposeTree(variables);
  return { description, tensors, from: 'ssl', root: '', leftOut: [], normalization, source: 'test', sha256: '' };
}

/** Features of pictures with values from 0 to 1, normalised as the network says. */
function features(backbone: ImportedBackbone): Float32Array {
  const network = createBackbone(backbone.description);
  const pictures = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 3);
  const { mean, deviation } = normalizationStatistics(backbone.normalization, 3)!;
  const images = tf.div<Tensor4D>(tf.sub(pictures, tf.tensor1d([...mean])), tf.tensor1d([...deviation]));
  return apply(network, backboneVariables(backbone.tensors, network, 'test'), images, { training: false }).output.dataSync<'float32'>();
}

describe('foldNormalization', () => {
  it.each<[ImageNormalization, ImageNormalization]>([
    ['half', 'imagenet'],
    [other, 'imagenet'],
    ['imagenet', other],
    ['half', other],
  ])('gives a network trained with %j the same features on images with %j', async (own, target) => {
    const before = await trained(vit, own);
    const after = foldNormalization(before, target);
    expect(after.normalization).toEqual(target);
    const [expected, actual] = [features(before), features(after)];
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 3));
    // It matters: the tensors are others.
    expect(after.tensors['patch_embed.proj.bias']).not.toEqual(before.tensors['patch_embed.proj.bias']);
  });

  it('leaves alone what is equal, what it cannot fold, and what it does not understand', async () => {
    const same = await trained(vit, { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] });
    expect(foldNormalization(same)).toEqual({ ...same, normalization: 'imagenet' });
    const convolutional = await trained({ kind: 'small-conv-net', options: { widths: [4], strides: [2] } }, 'half');
    expect(foldNormalization(convolutional)).toBe(convolutional);
    const grey = await trained({ kind: 'small-conv-net', options: { widths: [4], strides: [2], channels: 1 } }, 'imagenet');
    expect(foldNormalization(grey, { mean: [0.5], deviation: [0.25] })).toBe(grey);
  });
});

describe('namedNormalization', () => {
  it('names what has a name', () => {
    expect(namedNormalization({ mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] })).toBe('imagenet');
    expect(namedNormalization({ mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] })).toBe('half');
    expect(namedNormalization(other)).toEqual(other);
    expect(namedNormalization({ mean: [0.5], deviation: [0.25] })).toEqual({ mean: [0.5], deviation: [0.25] });
  });
});
