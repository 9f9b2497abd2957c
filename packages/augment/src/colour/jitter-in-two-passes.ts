import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { fused } from '@ssl/core/ops';
import { coloursOf, turnHue, type Colours } from './adjust-hue.js';
import type { ColourBlend } from './colour-blend.js';
import { colourWeights } from './luminance.js';
import type { Planes } from '../transform/planes.js';

/**
 * Blends, a turn of hue, blends, for an engine that fuses: what leads to hue is one function, what follows is another.
 * In one, all of it would be computed for each channel of the result.
 *
 * @param early - blends before hue, of which one at most, in any image, is contrast.
 * @param late - those after it.
 */
export function jitterInTwoPasses(planes: Planes, hue: Tensor1D, early: readonly ColourBlend[], late: readonly ColourBlend[]): Planes {
  const parts = fused(
    [planes, tf.reshape(hue, [-1, 1, 1]), ...numbersOf(early)],
    ([x, shift, ...numbers]) => tf.stack([...turnHue(blendAll(coloursIn(x!), numbers), shift!)], 1),
    { name: 'jitter up to hue' },
  );
  const turned = fused([parts, ...numbersOf(late)], ([x, ...numbers]) => tf.stack([...blendAll(coloursOf(coloursIn(x!)), numbers)], 1), {
    name: 'jitter from hue on',
  });
  return turned as Planes;
}

function coloursIn(planes: Tensor): Colours {
  const [batch, , height, width] = planes.shape as [number, number, number, number];
  const channel = (index: number): Tensor => tf.reshape(tf.slice(planes, [0, index, 0, 0], [batch, 1, height, width]), [batch, height, width]);
  return [channel(0), channel(1), channel(2)];
}

/** Numbers of a blend, and of the same where it comes before contrast: that one needs the mean of what those leave. */
const numbersOfBlend = 5;

/** For {@link blendAll}, each `[batch, 1, 1]`. */
function numbersOf(blends: readonly ColourBlend[]): Tensor3D[] {
  let leads: Tensor | undefined; // 1 while contrast has not come
  return blends.flatMap(({ factor, grey, mean }) => {
    const isOther = tf.cast(tf.equal(mean, 0), 'float32');
    leads = leads === undefined ? isOther : tf.mul(leads, isOther);
    return [factor, grey, mean, tf.add<Tensor3D>(tf.mul(leads, factor), tf.sub(1, leads)), tf.mul<Tensor3D>(leads, grey)];
  });
}

/** The blends, first to last, as {@link applyColourBlend} does them. */
function blendAll(colours: Colours, numbers: readonly Tensor[]): Colours {
  const blends = Array.from({ length: numbers.length / numbersOfBlend }, (_, index) => numbers.slice(index * numbersOfBlend) as [Tensor, Tensor, Tensor, Tensor, Tensor]);
  const leading = blends.slice(0, -1).reduce<Colours>((current, [, , , factor, grey]) => blend(current, factor, tf.mul(luminanceOf(current), grey)), colours);
  const greys = luminanceOf(leading);
  const [, height, width] = greys.shape as [number, number, number];
  const meanGrey = tf.div(tf.sum(tf.sum(greys, 1, true), 2, true), height * width); // columns first, which are summed side by side
  return blends.reduce<Colours>((current, [factor, grey, mean]) => blend(current, factor, tf.add(tf.mul(luminanceOf(current), grey), tf.mul(mean, meanGrey))), colours);
}

function blend(colours: Colours, factor: Tensor, offset: Tensor): Colours {
  const [red, green, blue] = colours.map((channel) => tf.clipByValue(tf.add(tf.mul(channel, factor), offset), 0, 1));
  return [red!, green!, blue!];
}

function luminanceOf(colours: Colours): Tensor {
  const [red, green, blue] = colours.map((channel, index) => tf.mul(channel, colourWeights[index]!));
  return tf.add(tf.add(red!, green!), blue!);
}
