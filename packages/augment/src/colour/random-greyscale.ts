import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { drawApplied } from '../transform/draw-applied.js';
import { luminanceWeights } from './luminance.js';
import { mixChannels } from './mix-channels.js';
import type { Planes } from '../transform/planes.js';
import { requireColour } from '../transform/require-colour.js';
import type { Transform } from '../transform/transform.js';

export type GreyscaleParameters = { readonly applied: Tensor1D };

/**
 * Grey images of three equal channels, `0.2989 R + 0.587 G + 0.114 B`, where `applied` is 1.
 *
 * @throws SslError for images of other than 3 channels.
 */
export function applyGreyscale(planes: Planes, { applied }: GreyscaleParameters): Planes {
  requireColour('greyscale', planes);
  return tf.tidy(() => {
    const yes = tf.reshape(applied, [-1, 1, 1]);
    const kept = tf.mul(tf.sub(1, yes), tf.eye(3));
    return mixChannels(planes, tf.add<Tensor3D>(kept, tf.mul(yes, luminanceWeights(3))));
  });
}

/**
 * Takes the colour away from a share of the images (colour drop): torchvision's `RandomGrayscale`.
 *
 * @throws SslError when applied to images of other than 3 channels.
 */
export function randomGreyscale({
  probability = 0.1,
}: { readonly probability?: number } = {}): Transform<GreyscaleParameters> {
  return {
    name: 'randomGreyscale',
    imagewise: true,
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyGreyscale,
  };
}
