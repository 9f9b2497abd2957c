import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, SslError, withPrecision, type ViewBatch, type Views } from '@ssl/core';
import { applyInChunks } from './apply-in-chunks.js';
import { chunkSize } from './chunk-size.js';
import { compose } from './compose.js';
import type { Transform } from './transform.js';

/**
 * Views of each image, one for each list of transforms, in that order.
 *
 * @param views - for each view what is done to the image, first to last. The same list given twice makes two views
 * that differ by their random draws.
 * @returns a pure function from the images of a batch (float32 in 0..1, or int32 in 0..255) to its views; the trainer
 * compiles it.
 * @throws SslError when there is no view.
 * @example
 * ```ts
 * const weak = [randomResizedCrop({ size: 32 }), normalize()];
 * const strong = [randomResizedCrop({ size: 32 }), colourJitter(), normalize()];
 * const views = composeViews([weak, strong]);
 * ```
 */
export function composeViews(views: readonly (readonly Transform[])[]): Views {
  if (views.length === 0) {
    throw new SslError('composeViews needs the transforms of at least one view, got none. Pass [[...], [...]].', {
      from: '@ssl/augment',
    });
  }
  const pipelines = views.map((transforms) => compose(transforms));
  return ({ images, aspects, key, progress }): ViewBatch => {
    const make = (): Tensor4D[] => {
      const drawn = pipelines.map((pipeline, view) => {
        const context = {
          batch: images.shape[0],
          aspects,
          key: foldIn(key, `view ${String(view)}`),
          ...(progress !== undefined && { progress }),
        };
        return { pipeline, parameters: pipeline.draw(context) };
      });
      return applyInChunks(drawn, images, chunkSize(drawn, images.shape));
    };
    // Crops and colours are matrix products, and bfloat16 would round pixels to 8 bits and box corners to worse.
    const made = tf.tidy(() => withPrecision('float32', make));
    return { views: made };
  };
}
