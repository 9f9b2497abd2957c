import { blockMasks, withMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { beitOptions, frozenNetwork, randomKey, sgd, train, visionTransformer } from '@ssl/core';
import type { SslMethod } from '@ssl/core';
import { toyLoader } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeEach, describe, expect, test } from 'vitest';
import { beit } from './beit.js';
import { beitViews } from './beit-views.js';
import { dvae } from './dvae.js';
import type { Tokenizer, TokenizerMethod } from './tokenizer.js';
import { withCachedTokens } from './with-cached-tokens.js';

beforeEach(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => visionTransformer({ ...beitOptions, imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2, maskToken: true });
const dictionary = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 });
const masks = blockMasks({ grid: [4, 4], count: 6, minimumBlock: 2 });
const views = withMasks(beitViews({ size: 16, tokenizerSize: 16, crop: 'centre' }), masks);
const frozen = (method: SslMethod) => frozenNetwork({ method, state: method.init(2), imageSize: 16, channels: 3 });
const losses = async (method: SslMethod, loader: ReturnType<typeof toyLoader>) => {
  const seen: number[] = [];
  const hooks = [{ name: 'losses', onStep: ({ loss }: { loss: number }) => void seen.push(loss) }];
  const result = await train({ method, views, loader, optimizer: sgd({ momentum: 0 }), learningRate: 0.1, steps: 12, seed: 4, monitorEvery: 0, hooks });
  result.dispose();
  return seen;
};

describe('withCachedTokens', () => {
  test('training is the same as with the tokenizer in each step, over several epochs', async () => {
    const tokenizer = frozen(dictionary as unknown as SslMethod);
    const loader = () => toyLoader({ batchSize: 8, size: 16, batchesPerEpoch: 4 });
    const asked = await losses(beit({ backbone: backbone(), tokenizer, maskedPatches: 6 }) as unknown as SslMethod, loader());
    const cached = withCachedTokens(loader(), { tokenizer, tokenizerSize: 16 });
    const kept = await losses(beit({ backbone: backbone(), vocabulary: 16, maskedPatches: 6 }) as unknown as SslMethod, cached);
    await cached.close();
    expect(kept).toEqual(asked);
    expect(new Set(kept).size).toBeGreaterThan(10);
  });

  test('asks the tokenizer once for each image', async () => {
    await useBackend({ device: 'js' }); // runs the function itself each time, so that its calls can be counted
    let rows = 0;
    const counted: Tokenizer = {
      ...dictionary.tokenizer,
      tokens: (variables, images) => {
        rows += images.shape[0];
        return dictionary.tokenizer.tokens(variables, images);
      },
    };
    const method = { ...dictionary, tokenizer: counted } as unknown as TokenizerMethod as SslMethod;
    const loader = withCachedTokens(toyLoader({ batchSize: 8, size: 16, batchesPerEpoch: 2 }), { tokenizer: frozen(method), tokenizerSize: 16 });
    const first = new Map<number, string>();
    let batches = 0;
    for await (const { indices, extras } of loader.batches({ epoch: 0, batch: 0 })) {
      const { values, shape } = extras!.tokens!;
      expect(shape).toEqual([8, 16]);
      indices.forEach((index, row) => {
        const text = values.slice(row * 16, row * 16 + 16).join();
        expect(first.get(index) ?? text).toBe(text);
        first.set(index, text);
      });
      if (++batches === 6) break;
    }
    await loader.close();
    expect(first.size).toBe(16);
    expect(rows).toBe(16);
  });

  test('refuses random crops', () => {
    const random = beitViews({ size: 16, tokenizerSize: 16 });
    const input = { images: tf.ones([1, 16, 16, 3]) as Tensor4D, aspects: tf.ones<tf.Rank.R1>([1]), key: randomKey(0, 0, 'views'), extras: { tokens: tf.zeros([1, 16], 'int32') } };
    expect(() => random(input)).toThrow('do not fit a random crop');
  });
});
