import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';
import { requireColour } from '../transform/require-colour.js';

/**
 * Turns the hue of HSV by a share of the full circle: torchvision's `adjust_hue`.
 *
 * With `V` the largest and `m` the smallest of a pixel's channels, chroma `C = V - m`, and the new hue `h` in sixths of
 * the circle (red 0, green 2, blue 4), a channel becomes `V - C s`, where `s` is 0 within one sixth of the channel's own
 * hue, 1 beyond two, and linear between: `s = clip(2 - |h - 3|, 0, 1)` for red, `clip(|h - 2| - 1, 0, 1)` for green,
 * `clip(|h - 4| - 1, 0, 1)` for blue.
 *
 * @param planes - red, green and blue in 0..1.
 * @param shift - `[batch]`, -1/2 to 1/2.
 * @throws SslError for images of other than 3 channels.
 */
export function adjustHue(planes: Planes, shift: Tensor1D): Planes {
  requireColour('adjustHue', planes);
  return tf.tidy(() => {
    const parts = turnHue(tf.unstack(planes, 1) as unknown as Colours, tf.reshape(shift, [-1, 1, 1]));
    return tf.stack([...coloursOf(parts)], 1) as Tensor4D;
  });
}

/** Red, green and blue, or what stands for them; each `[batch, height, width]`. */
export type Colours = readonly [Tensor, Tensor, Tensor];

/** The largest channel, the chroma, and the hue in sixths of the circle, turned by a share of the circle (`[batch, 1, 1]`). */
export function turnHue([red, green, blue]: Colours, shift: Tensor): Colours {
  const greatest = tf.maximum(tf.maximum(red, green), blue);
  const least = tf.minimum(tf.minimum(red, green), blue);
  const chroma = tf.sub(greatest, least);
  const isRed = tf.equal(greatest, red);
  const isGreen = tf.equal(greatest, green);
  const choose = (first: Tensor, second: Tensor, third: Tensor): Tensor => tf.where(isRed, first, tf.where(isGreen, second, third));
  const difference = choose(tf.sub(green, blue), tf.sub(blue, red), tf.sub(red, green));
  const sector = choose(tf.zerosLike(red), tf.fill(red.shape, 2), tf.fill(red.shape, 4));
  // A grey pixel has no hue: its difference is 0 and so is its chroma, whatever it is divided by.
  const hue = tf.add(tf.add(sector, tf.div(difference, tf.maximum(chroma, 1e-12))), tf.mul(shift, 6));
  return [greatest, chroma, tf.sub(hue, tf.mul(tf.floor(tf.mul(hue, 1 / 6)), 6))]; // 0 ≤ h ≤ 6
}

/** Red, green and blue of {@link turnHue}'s result. */
export function coloursOf([greatest, chroma, hue]: Colours): Colours {
  const distance = (own: number): Tensor => tf.abs(tf.sub(hue, own));
  const colour = (share: Tensor): Tensor => tf.sub(greatest, tf.mul(chroma, tf.clipByValue(share, 0, 1)));
  return [colour(tf.sub(2, distance(3))), colour(tf.sub(distance(2), 1)), colour(tf.sub(distance(4), 1))];
}
