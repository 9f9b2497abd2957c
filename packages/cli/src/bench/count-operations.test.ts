import { useBackend } from '@ssl/backend';
import { resnet18, visionTransformer } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { countOperations } from './count-operations.js';

describe.each(['js', 'cpu'] as const)('countOperations on %s', (device) => {
  beforeAll(() => useBackend({ device }));

  it('gives those of a Vision Transformer by its formula', () => {
    const [width, depth, tokens, patch] = [16, 2, 17, 4];
    const vit = visionTransformer({ imageSize: 16, patchSize: patch, width, depth, heads: 2 });
    const block = 12 * tokens * width * width + 2 * tokens * tokens * width;
    expect(countOperations(vit, 16, 3)).toBe(2 * (depth * block + (tokens - 1) * patch * patch * 3 * width));
  });

  it('gives those of ResNet-18 with the CIFAR stem, an eighth as wide, and frees its tensors', () => {
    const before = tf.memory().numTensors;
    // 3 x 3 convolutions at 8, 4, 2 and 1 px with 8, 16, 32 and 64 channels, shortcuts of 1 x 1.
    const stage = (side: number, channels: number): number => side ** 2 * (9 * 0.5 + 3 * 9 + 0.5) * channels ** 2;
    const expected = 64 * 9 * (3 * 8 + 4 * 64) + stage(4, 16) + stage(2, 32) + stage(1, 64);
    expect(countOperations(resnet18({ stem: 'cifar', width: 8 }), 8, 3)).toBe(2 * expected);
    expect(tf.memory().numTensors).toBe(before);
  });
});
