import { SslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';

/** How far pixels are kept from 0 and 1, where the logit is infinite. */
export const logitLaplaceEpsilon = 0.1;

/**
 * Pixels from 0 to 1 into the range from `epsilon` to `1 - epsilon`.
 *
 * @returns `(1 - 2 epsilon) x + epsilon`, epsilon = {@link logitLaplaceEpsilon}.
 * @throws Error of the engine for images that are no tensor.
 * @example
 * mapPixels(tf.zeros([1, 1, 1, 1])); // [[[[0.1]]]]
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, appendix A.3.
 */
export function mapPixels(images: Tensor4D): Tensor4D {
  return tf.tidy(() => tf.add(tf.mul(images, 1 - 2 * logitLaplaceEpsilon), logitLaplaceEpsilon));
}

/**
 * Undoes {@link mapPixels}, cut to 0..1.
 *
 * @returns Pixels from 0 to 1.
 * @throws Error of the engine for images that are no tensor.
 * @example
 * unmapPixels(tf.fill([1, 1, 1, 1], 0.5)); // [[[[0.5]]]]
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, appendix A.3.
 */
export function unmapPixels(images: Tensor4D): Tensor4D {
  return tf.tidy(() => tf.clipByValue(tf.div(tf.sub(images, logitLaplaceEpsilon), 1 - 2 * logitLaplaceEpsilon), 0, 1));
}

/**
 * Negative log-likelihood of pixels in (0, 1) whose logits are Laplace-distributed, mean over all of them:
 *
 * `L = mean ln(2 b x (1 - x)) + |logit(x) - m| / b`, with `decoded = [m, ln b]`.
 *
 * @param decoded - `[batch, height, width, 2 channels]`: the means of the logits, then the logarithms of their scales.
 * @param pixels - {@link mapPixels} of the images; no gradient is meant.
 * @returns A scalar in nats, which may be negative: it is a density.
 * @throws SslError where the shapes do not fit.
 * @example
 * logitLaplaceLoss(tf.zeros([1, 1, 1, 2]), tf.fill([1, 1, 1, 1], 0.5)); // ln(2 / 4) = -0.6931
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, appendix A.3.
 */
export function logitLaplaceLoss(decoded: Tensor4D, pixels: Tensor4D): Scalar {
  const [, , , channels] = pixels.shape;
  if (String(decoded.shape) !== String([...pixels.shape.slice(0, 3), 2 * channels])) {
    throw new SslError(
      `logitLaplaceLoss needs two numbers for each pixel and channel, got [${decoded.shape.join(', ')}] for images [${pixels.shape.join(', ')}]. ` +
        'Give the decoder twice as many outputs as the images have channels.',
      { from: '@ssl/mim' },
    );
  }
  return tf.tidy(() => {
    const [mean, logScale] = tf.split(decoded, 2, 3) as [Tensor4D, Tensor4D];
    const odds = tf.sub(tf.log(pixels), tf.log(tf.sub(1, pixels)));
    const distance = tf.mul(tf.abs(tf.sub(odds, mean)), tf.exp(tf.neg(logScale)));
    const volume = tf.log(tf.mul(tf.mul(pixels, tf.sub(1, pixels)), 2));
    return tf.mean(tf.add(tf.add(volume, logScale), distance));
  });
}

/**
 * The pictures that a decoder draws: the most likely pixels, from 0 to 1.
 *
 * @param decoded - As for {@link logitLaplaceLoss}.
 * @returns `[batch, height, width, channels]`.
 * @throws Error of the engine for an odd number of channels.
 * @example
 * logitLaplacePictures(tf.zeros([1, 1, 1, 2])); // [[[[0.5]]]]
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, appendix A.3.
 */
export function logitLaplacePictures(decoded: Tensor4D): Tensor4D {
  return tf.tidy(() => unmapPixels(tf.sigmoid((tf.split(decoded, 2, 3) as [Tensor4D, Tensor4D])[0])));
}
