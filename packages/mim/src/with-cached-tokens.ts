import { compile, disposeTree, randomKey } from '@ssl/core';
import type { BatchLoader, FrozenNetwork, HostBatch, TensorRecord } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { beitViews } from './beit-views.js';
import { requireTokenizer } from './tokenizer.js';

/** Where the tokens come from. */
export interface CachedTokensOptions {
  readonly tokenizer: FrozenNetwork;
  /** Side of the tokenizer's images: its stride times the patches in a row. */
  readonly tokenizerSize: number;
}

/**
 * A loader whose batches bring the tokens of their images: each image is given to the tokenizer once, when it is first seen, and its
 * tokens are kept on the host (2 or 4 bytes each).
 *
 * For runs in which a view of an image is the same in every epoch: `beitViews` with `crop: 'centre'`, and {@link beit} with `vocabulary`
 * in place of `tokenizer`. Losses are then those of the tokenizer in each step. With random crops tokens change with the crop, so there
 * is nothing to keep.
 *
 * @returns A loader with the extra `tokens`, int32 `[batch, patches]`; closing it closes the given one.
 * @throws SslError where the frozen method is no tokenizer.
 * @example
 * const method = dvae({ vocabulary: 256, width: 16, groups: 3, blocks: 1 }); // of a run, in truth
 * const tokenizer = frozenNetwork({ method, state: method.init(0), imageSize: 32, channels: 3 });
 * const keepTokens = (loader) => withCachedTokens(loader, { tokenizer, tokenizerSize: 32 });
 * const views = withMasks(beitViews({ size: 32, tokenizerSize: 32, crop: 'centre' }), blockMasks({ grid: [8, 8], count: 25 }));
 * // await train({ method: beit({ backbone, vocabulary: 256, maskedPatches: 25 }), views, loader: keepTokens(loader), … });
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers, section 2.1.2.
 */
export function withCachedTokens(loader: BatchLoader, { tokenizer: frozen, tokenizerSize }: CachedTokensOptions): BatchLoader {
  const tokenizer = requireTokenizer(frozen.method);
  const state = frozen.weights();
  const views = beitViews({ size: tokenizerSize, tokenizerSize, channels: frozen.channels, crop: 'centre' });
  const tokenize = compile(
    ({ variables, images, aspects }: { variables: TensorRecord; images: Tensor4D; aspects: Tensor1D }) =>
      tokenizer.tokens(variables, views({ images, aspects, key: randomKey(0, 0, 'tokens') }).extras!.tokenizerImages as Tensor4D),
    { name: 'tokens' },
  );
  const known = new Map<number, Uint16Array | Int32Array>();
  const Row = tokenizer.vocabulary <= 65_536 ? Uint16Array : Int32Array;

  async function learn({ pixels, shape, aspects, indices }: HostBatch): Promise<void> {
    const input = { variables: tokenizer.variables(state), images: imagesFromBytes(pixels, [...shape]), aspects: tf.tensor1d(aspects) };
    const tokens = await tokenize(input);
    tf.dispose([input.images, input.aspects]);
    const values = await tokens.data();
    const patches = tokens.shape[1];
    tokens.dispose();
    indices.forEach((index, row) => known.set(index, Row.from(values.slice(row * patches, (row + 1) * patches))));
  }

  async function* batches(source: AsyncIterable<HostBatch>): AsyncGenerator<HostBatch> {
    for await (const batch of source) {
      if (batch.indices.some((index) => !known.has(index))) await learn(batch);
      const rows = Array.from(batch.indices, (index) => known.get(index)!);
      const patches = rows[0]!.length;
      const values = new Int32Array(rows.length * patches);
      rows.forEach((row, i) => values.set(row, i * patches));
      yield { ...batch, extras: { ...batch.extras, tokens: { values, shape: [rows.length, patches] } } };
    }
  }

  return {
    batchSize: loader.batchSize,
    batchesPerEpoch: loader.batchesPerEpoch,
    batches: (from) => batches(loader.batches(from)),
    async close() {
      disposeTree([state.params, state.aux]);
      tokenize.dispose();
      await loader.close();
    },
  };
}
