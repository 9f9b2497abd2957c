import { useBackend } from '@ssl/backend';
import { apply, disposeTree, storedValues, toStateDict } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { atImageSize } from './at-image-size.js';
import { createBackbone, type BackboneDescription } from './backbone-description.js';
import { fitChannels } from './fit-channels.js';
import type { ImportedBackbone } from './imported-backbone.js';
import { backboneVariables } from './require-complete.js';

beforeAll(() => useBackend({ device: 'js' }));

const vit = { kind: 'vision-transformer', options: { imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2 } } as const satisfies BackboneDescription;

async function trained(description: BackboneDescription, more: Partial<ImportedBackbone> = {}): Promise<ImportedBackbone> {
  const variables = createBackbone(description).init(5);
  const tensors = await toStateDict(variables);
  disposeTree([variables.params, variables.buffers]);
  return { description, tensors, from: 'ssl', root: '', leftOut: [], normalization: 'imagenet', source: 'a.pth', sha256: '', ...more };
}

function features(backbone: ImportedBackbone, images: tf.Tensor4D): Float32Array {
  const network = createBackbone(backbone.description);
  return apply(network, backboneVariables(backbone.tensors, network, 'test'), images, { training: false }).output.dataSync<'float32'>();
}

describe('fitChannels', () => {
  it('adds the filters up for grey images: exact where the first layer has a bias', async () => {
    const colour = await trained(vit);
    const grey = fitChannels(colour, 1);
    expect(grey.description.options.channels).toBe(1);
    const pixels = tf.randomUniform<tf.Rank.R4>([1, 16, 16, 1], 0, 1, 'float32', 3);
    const three = tf.div<tf.Tensor4D>(tf.sub(tf.tile(pixels, [1, 1, 1, 3]), [0.485, 0.456, 0.406]), [0.229, 0.224, 0.225]);
    const expected = features(colour, three);
    features(grey, tf.div(tf.sub(pixels, 0.5), 0.25)).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  });

  it('repeats them for more channels, times 3 over their number, as timm', async () => {
    const colour = await trained({ kind: 'resnet', name: 'resnet18', options: { width: 2 } });
    const five = fitChannels(colour, 5);
    const [own, fitted] = [storedValues(colour.tensors['conv1.weight']!), storedValues(five.tensors['conv1.weight']!)];
    expect(five.tensors['conv1.weight']!.shape).toEqual([2, 5, 7, 7]);
    expect(fitted[49 * 3]).toBeCloseTo(own[0]! * 0.6, 6);
    expect(fitted[49 * (5 + 4)]).toBeCloseTo(own[49 * (3 + 1)]! * 0.6, 6);
    expect(createBackbone(five.description).featureDimension).toBe(16);
  });

  it('refuses weights of other channels, with both numbers', async () => {
    const bands = await trained({ kind: 'small-conv-net', options: { channels: 13, widths: [4], strides: [2] } });
    expect(fitChannels(bands, 13)).toBe(bands);
    expect(() => fitChannels(bands, 3)).toThrow(/a\.pth takes 13 channels, the images here have 3.*--channels 13/);
  });
});

describe('atImageSize', () => {
  it.each<[string, BackboneDescription]>([
    ['positions', { ...vit, options: { ...vit.options, interpolation: 'dino' } }],
    ['relative biases', { ...vit, options: { ...vit.options, positions: 'relative' } }],
  ])('resizes %s once, and the features stay', async (_, description) => {
    const large = await trained(description, { imageSize: 8 });
    const own = atImageSize(large);
    expect(own.description.options).toMatchObject({ imageSize: 8 });
    const images = tf.randomUniform<tf.Rank.R4>([1, 8, 8, 3], -1, 1, 'float32', 3);
    const expected = features(large, images);
    features(own, images).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
    expect(atImageSize(own)).toBe(own);
  });
});
