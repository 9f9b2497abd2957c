import { compile, randomKey, SslError, type HostBatch, type Precision, type TensorRecord, type Views } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Features } from '../features/features.js';
import { join } from './image-set.js';
import { onlyView } from './only-view.js';

export interface EmbedDatasetOptions<State extends TensorRecord> {
  /** The network: a pure function of its state and of normalised images; a method's `embed`. */
  readonly embed: (input: State & { readonly images: tf.Tensor4D }) => tf.Tensor2D;
  /** What `embed` needs besides images, `{ params, aux }` for a method. Stays the caller's. */
  readonly state: State;
  /** Every image once, for instance `evaluationBatches(...)` of `@ssl/data`. */
  readonly batches: AsyncIterable<HostBatch> | Iterable<HostBatch>;
  /** Makes the one view that is embedded, with the normalisation of the training: `evalViews(...)` of `@ssl/augment`. Left out: images in 0..1 as they are. */
  readonly views?: Views;
  /** Group of each image by its position in the dataset; negative = in no group. */
  readonly groups?: ArrayLike<number>;
  /** Of the network; the engine's own if left out. */
  readonly precision?: Precision;
  /** Called after each batch with the images embedded so far. */
  readonly onProgress?: (images: number) => void;
}

/** Features of images, with what is known of each. */
export interface EmbeddedImages extends Features {
  /** Position of each row in the dataset, `[count]`. */
  readonly indices: Int32Array;
  /** Class of each row where the batches had labels, `[count]`; -1 = none. */
  readonly labels?: Int32Array;
  /** Group of each row where groups were given, `[count]`. */
  readonly groups?: Int32Array;
}

/**
 * Runs a frozen network over a dataset: `f(view(x))` for every image, compiled once, batch by batch.
 *
 * @returns Features on the host, `[count, dimension]`, in the order of the batches; all tensors are disposed of.
 * @throws SslError where there are no images, or `views` makes more than one view.
 * @example
 * const features = await embedDataset({
 *   embed: method.embed,
 *   state: { params, aux },
 *   views: evalViews({ size: 32 }),
 *   batches: evaluationBatches(photos, { size: 32, batchSize: 256 }),
 * });
 */
export async function embedDataset<State extends TensorRecord>(options: EmbedDatasetOptions<State>): Promise<EmbeddedImages> {
  const { groups } = options;
  const parts: EmbeddedImages[] = [];
  for await (const part of embedBatches(options)) parts.push(part);
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const dimension = parts[0]!.dimension;
  const indices = join(new Int32Array(count), parts.map((part) => part.indices));
  const labels = parts.flatMap((part) => (part.labels === undefined ? [] : [part.labels]));
  return {
    values: join(new Float32Array(count * dimension), parts.map((part) => part.values)),
    count,
    dimension,
    indices,
    ...(labels.length === parts.length ? { labels: join(new Int32Array(count), labels) } : {}),
    ...(groups === undefined ? {} : { groups: indices.map((index) => groups[index] ?? -1) }),
  };
}

/**
 * The same batch by batch, for sets whose features do not fit into memory: what came is handed out before the next batch is computed.
 *
 * @returns Features of one batch after the other, without their groups; all tensors are disposed of, also where the caller stops early.
 * @throws SslError where there are no images, or `views` makes more than one view.
 * @example
 * for await (const { values, indices, count } of embedBatches({ embed, state, views, batches })) await write(values, indices, count);
 */
export async function* embedBatches<State extends TensorRecord>(options: Omit<EmbedDatasetOptions<State>, 'groups'>): AsyncGenerator<EmbeddedImages, void> {
  const { embed, state, batches, views, precision, onProgress } = options;
  const run = compile(
    ({ state, images, aspects, key }: { state: State; images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => ({
      features: embed({ ...state, images: views === undefined ? images : onlyView(views({ images, aspects, key }).views) }),
    }),
    { name: 'embed', ...(precision === undefined ? {} : { precision }) },
  );
  let done = 0;
  try {
    for await (const batch of batches) {
      const count = batch.shape[0];
      const inputs = {
        images: imagesFromBytes(batch.pixels, batch.shape),
        aspects: tf.tensor1d(batch.aspects),
        key: randomKey(0, 0, 'evaluation'),
      };
      let part: EmbeddedImages;
      try {
        const { features } = await run({ state, ...inputs });
        part = { values: await features.data<'float32'>(), count, dimension: features.shape[1], indices: batch.indices, ...(batch.labels === undefined ? {} : { labels: batch.labels }) };
        features.dispose();
      } finally {
        tf.dispose(inputs);
      }
      done += count;
      yield part;
      onProgress?.(done);
    }
  } finally {
    run.dispose();
  }
  if (done === 0) throw new SslError('an evaluation needs images, got none. Check the data folder.', { from: '@ssl/eval' });
}
