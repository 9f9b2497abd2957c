import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { mapTree, type TensorRecord } from '@ssl/core';
import { toImages, toPlanes } from './planes.js';
import type { Transform } from './transform.js';

/** A view's transforms, and what was drawn for them for the whole batch. */
export interface DrawnView {
  readonly pipeline: Transform;
  readonly parameters: TensorRecord;
}

/**
 * Applies each view to some images of the batch after the other, which keeps intermediate results in the processor's
 * cache. The result is that of the whole batch at once, since parameters are drawn before and treat each image by itself.
 *
 * @param images - `[batch, height, width, channels]`, float32 in 0..1 or int32 in 0..255.
 * @param chunk - images at a time, 1 or more; below `batch` only for transforms that are `imagewise`.
 * @returns for each view `[batch, rows, columns, channels]`.
 */
export function applyInChunks(views: readonly DrawnView[], images: Tensor4D, chunk: number): Tensor4D[] {
  const [batch] = images.shape;
  const made: Tensor4D[][] = views.map(() => []);
  for (let start = 0; start < batch; start += chunk) {
    const count = Math.min(chunk, batch - start);
    const cut = <T extends Tensor>(values: T): T => (count === batch ? values : tf.slice(values, [start], [count]));
    const part = cut(images);
    // Whole numbers are bytes.
    const planes = toPlanes(part.dtype === 'int32' ? tf.div(part, 255) : part);
    views.forEach(({ pipeline, parameters }, view) => {
      const rows = mapTree(parameters, cut) as unknown as TensorRecord;
      made[view]!.push(tf.tidy(() => toImages(pipeline.apply(planes, rows))));
    });
  }
  return made.map((parts) => (parts.length === 1 ? parts[0]! : tf.concat(parts, 0)));
}
