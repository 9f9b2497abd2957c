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
  const { embed, state, batches, views, groups, precision, onProgress } = options;
  const run = compile(
    ({ state, images, aspects, key }: { state: State; images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => ({
      features: embed({ ...state, images: views === undefined ? images : onlyView(views({ images, aspects, key }).views) }),
    }),
    { name: 'embed', ...(precision === undefined ? {} : { precision }) },
  );
  const parts: { features: Float32Array; indices: Int32Array; labels: Int32Array | undefined }[] = [];
  let count = 0;
  let dimension = 0;
  try {
    for await (const batch of batches) {
      const inputs = {
        images: imagesFromBytes(batch.pixels, batch.shape),
        aspects: tf.tensor1d(batch.aspects),
        key: randomKey(0, 0, 'evaluation'),
      };
      try {
        const { features } = await run({ state, ...inputs });
        dimension = features.shape[1];
        parts.push({ features: await features.data<'float32'>(), indices: batch.indices, labels: batch.labels });
        features.dispose();
      } finally {
        tf.dispose(inputs);
      }
      count += batch.shape[0];
      onProgress?.(count);
    }
  } finally {
    run.dispose();
  }
  if (count === 0) throw new SslError('an evaluation needs images, got none. Check the data folder.', { from: '@ssl/eval' });
  const indices = join(new Int32Array(count), parts.map((part) => part.indices));
  const labels = parts.flatMap((part) => (part.labels === undefined ? [] : [part.labels]));
  return {
    values: join(new Float32Array(count * dimension), parts.map((part) => part.features)),
    count,
    dimension,
    indices,
    ...(labels.length === parts.length ? { labels: join(new Int32Array(count), labels) } : {}),
    ...(groups === undefined ? {} : { groups: indices.map((index) => groups[index] ?? -1) }),
  };
}
