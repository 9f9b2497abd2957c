import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export type RightAngleParameters = {
  /** Quarter turns counter-clockwise, `[batch]`, 0 to 3. */
  readonly turns: Tensor1D;
};

/**
 * Turns each image by multiples of 90 degrees counter-clockwise: `torch.rot90`.
 *
 * @throws SslError for images that are not square.
 */
export function applyRightAngle(planes: Planes, { turns }: RightAngleParameters): Planes {
  const [, , height, width] = planes.shape;
  if (height !== width) {
    throw new SslError(
      `randomRightAngle needs square images, got ${String(height)} × ${String(width)}. Crop them to a square first.`,
      { from: '@ssl/augment' },
    );
  }
  return tf.tidy(() => {
    const across: Tensor4D = tf.transpose(planes, [0, 1, 3, 2]);
    const turned = [planes, tf.reverse(across, 2), tf.reverse(planes, [2, 3]), tf.reverse(across, 3)];
    const parts = turned.map((image, count) => tf.mul(image, perImage(tf.cast(tf.equal(turns, count), 'float32'))));
    return tf.addN(parts) as Planes;
  });
}

/** Turns by 0, 90, 180 or 270 degrees, all equally likely. Gidaris et al. 2018, arXiv:1803.07728. */
export function randomRightAngle(): Transform<RightAngleParameters> {
  return {
    name: 'randomRightAngle',
    draw: ({ batch, key }) => tf.tidy(() => ({ turns: tf.floor(drawUniforms(batch, key, { turns: [0, 4] }).turns) })),
    apply: applyRightAngle,
  };
}
