import type { PictureGrid, PicturesInput, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { hiddenPixels, hidePatches } from './hide-patches.js';
import { normalisedPictures } from './normalised-pictures.js';
import { unpatchify } from './patchify.js';

/** The pixels of all patches, in training's units, `[batch, patches, pixels]`, of normalised images with hidden patches. */
export type PredictPixels = (images: Tensor4D, mask: Tensor2D) => Tensor3D;

/** SimMIM's rows for the report: what it saw, and that with its predictions in the hidden patches. */
export function simmimPictures(predict: PredictPixels, patchSize: number, { images, extras, normalization }: Omit<PicturesInput<TensorRecord>, 'params' | 'aux'>): readonly PictureGrid[] {
  const mask = extras.mask as Tensor2D;
  const { normal, plain } = normalisedPictures(images.shape[3], normalization);
  const predicted = plain(unpatchify(predict(normal(images), mask), patchSize, images.shape));
  const hidden = hiddenPixels(mask, images.shape);
  return [
    {
      title: 'Reconstructions',
      caption: 'The network sees the patches that are not grey and says what the pixels of the others are.',
      columns: [
        { name: 'Image', images },
        { name: 'Masked', images: hidePatches(images, mask) },
        { name: 'Visible and predicted', images: tf.add<Tensor4D>(tf.mul(images, tf.sub(1, hidden)), tf.mul(predicted, hidden)) },
      ],
    },
  ];
}
