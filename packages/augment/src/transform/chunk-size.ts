import * as tf from '@tensorflow/tfjs-core';
import { currentEngine, flattenTree } from '@ssl/core';
import type { DrawnView } from './apply-in-chunks.js';

/** Pixels of a chunk's images: eight of 256 px. On libtensorflow chunks of 2 to 8 of them cost the same, 16 and 32 more. */
const chunkPixels = 8 * 256 * 256;

/** Chunks times views at most: each adds about an eighth of a second to the first call, in which the function is traced. */
const mostApplications = 32;

/**
 * How many images go through the views at a time. All of them on a GPU; where a transform does not treat each image by
 * itself, or has parameters without a row for each image, such as the key of a noise; and where chunks of the right size
 * would be too many.
 *
 * @param shape - of the images, `[batch, height, width, channels]`.
 */
export function chunkSize(views: readonly DrawnView[], [batch, height, width]: Shape): number {
  const fitting = Math.max(1, Math.floor(chunkPixels / (height * width)));
  const chunks = Math.min(Math.ceil(batch / fitting), Math.floor(mostApplications / views.length));
  const size = Math.ceil(batch / Math.max(1, chunks));
  const worthIt = size <= 2 * fitting && onProcessor() && views.every((view) => isImagewise(view, batch));
  return worthIt ? size : batch;
}

type Shape = readonly [number, number, number, number];

function isImagewise({ pipeline, parameters }: DrawnView, batch: number): boolean {
  return pipeline.imagewise === true && flattenTree(parameters).tensors.every(({ shape }) => shape[0] === batch);
}

/** Whether a CPU computes. tfjs-core has the same backend name for libtensorflow on both; the engine's device says which. */
function onProcessor(): boolean {
  const backend = tf.getBackend();
  return backend === 'cpu' || backend === 'wasm' || (backend === 'tensorflow' && currentEngine().device.startsWith('CPU'));
}
