import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { fuses } from '@ssl/core/ops';
import { adjustHue } from './adjust-hue.js';
import { chance } from '../transform/chance.js';
import { checkRange } from '../transform/check-range.js';
import { applyColourBlend, type ColourBlend } from './colour-blend.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { jitterInTwoPasses } from './jitter-in-two-passes.js';
import type { Planes } from '../transform/planes.js';
import { requireColour } from '../transform/require-colour.js';
import type { Transform } from '../transform/transform.js';

export interface ColourJitterOptions {
  /** Factor of brightness is drawn from `[max(0, 1 - brightness), 1 + brightness]`. */
  readonly brightness?: number;
  /** Likewise. */
  readonly contrast?: number;
  /** Likewise; 0 for images of other than 3 channels. */
  readonly saturation?: number;
  /** Shift of hue is drawn from `[-hue, hue]`, 0 to 1/2 of the circle; 0 for images of other than 3 channels. */
  readonly hue?: number;
  /** Probability that an image is jittered at all. */
  readonly probability?: number;
}

/** SimCLR's jitter at strength 1. */
export const colourJitterDefaults = {
  brightness: 0.8,
  contrast: 0.8,
  saturation: 0.8,
  hue: 0.2,
  probability: 0.8,
} as const satisfies ColourJitterOptions;

export type ColourJitterParameters = {
  /** Factors of brightness, contrast and saturation, `[batch, 3]`; 1 changes nothing. */
  readonly factors: Tensor2D;
  /** Shift of hue in turns, `[batch]`; 0 changes nothing. */
  readonly hue: Tensor1D;
  /** Place of brightness, contrast, saturation and hue in the image's own order, `[batch, 4]`, each of 0, 1, 2, 3 once. */
  readonly order: Tensor2D;
};

/** Blends are brightness, contrast and saturation: one form, three meanings. */
const blends = 3;

/**
 * Draws factors, a shift of hue, and for each image its own random order of the four.
 *
 * @param batch - images.
 * @param key - int32 `[2]`.
 * @throws SslError for a negative strength or a hue above 1/2.
 */
export function drawColourJitter(batch: number, key: Tensor1D, options: ColourJitterOptions = {}): ColourJitterParameters {
  const { brightness, contrast, saturation, hue, probability } = { ...colourJitterDefaults, ...options };
  checkRange('colourJitter', 'hue', [0, hue], [0, 0.5]);
  const around = (name: string, strength: number): readonly [number, number] => {
    checkRange('colourJitter', name, [0, strength], [0, Infinity]);
    return [Math.max(0, 1 - strength), 1 + strength];
  };
  return tf.tidy(() => {
    const drawn = drawUniforms(batch, key, {
      applied: [0, 1],
      hue: [-hue, hue],
      brightness: around('brightness', brightness),
      contrast: around('contrast', contrast),
      saturation: around('saturation', saturation),
      lot0: [0, 1],
      lot1: [0, 1],
      lot2: [0, 1],
      lot3: [0, 1],
    });
    const applied = chance(drawn.applied, probability);
    const factors = tf.stack([drawn.brightness, drawn.contrast, drawn.saturation], 1); // [N, 3]
    const yes = tf.reshape(applied, [batch, 1]);
    return {
      factors: tf.add<Tensor2D>(tf.mul(yes, factors), tf.sub(1, yes)), // exactly 1 where not applied
      hue: tf.mul<Tensor1D>(applied, drawn.hue),
      order: ranks(tf.stack([drawn.lot0, drawn.lot1, drawn.lot2, drawn.lot3], 1) as Tensor2D),
    };
  });
}

/** How many entries of its row each entry exceeds; of equal ones the earlier counts as less, so ranks never repeat. */
function ranks(values: Tensor2D): Tensor2D {
  const [, count] = values.shape;
  const own = tf.expandDims(values, 2);
  const other = tf.expandDims(values, 1);
  const earlier = tf.greater(tf.reshape(tf.range(0, count), [count, 1]), tf.range(0, count)); // [own, other]
  const below = tf.logicalOr(tf.less(other, own), tf.logicalAnd(tf.equal(other, own), earlier));
  return tf.sum(tf.cast(below, 'float32'), 2);
}

/**
 * Brightness, contrast, saturation and hue in each image's own order: torchvision's `ColorJitter` for every image of the
 * batch. The first three are one form, `clip(f x + a grey + b mean(grey), 0, 1)`, so that a place in the order costs one
 * blend for the whole batch; hue runs once, with the blends that precede and that follow it on its two sides.
 *
 * @param planes - in 0..1; images of other than 3 channels are jittered in brightness and contrast only, as torchvision
 * does with one channel.
 */
export function applyColourJitter(planes: Planes, parameters: ColourJitterParameters): Planes {
  const { factors, hue, order } = parameters;
  const [batch] = hue.shape;
  return tf.tidy(() => {
    const places = tf.slice(order, [0, 0], [batch, blends]);
    const placeOfHue = tf.slice(order, [0, blends], [batch, 1]);
    const before = tf.less(places, placeOfHue);
    // Place among the blends alone, 0 to 2: those after hue move up by one.
    const place = tf.add<Tensor2D>(places, tf.sub(tf.cast(before, 'float32'), 1));
    const placeAmongBlends = tf.where(before, places, place);
    const steps = (side: Tensor): ColourBlend[] => {
      const active = tf.cast(side, 'float32');
      return Array.from({ length: blends }, (_, slot) =>
        colourBlendOf(factors, tf.mul(active, tf.cast(tf.equal(placeAmongBlends, slot), 'float32'))),
      );
    };
    if (planes.shape[1] === 3 && fuses([planes])) return jitterInTwoPasses(planes, hue, steps(before), steps(tf.logicalNot(before)));
    const run = (start: Planes, list: readonly ColourBlend[]): Planes =>
      list.reduce((current, step) => applyColourBlend(current, step), start);
    const early = run(planes, steps(before));
    const turned = planes.shape[1] === 3 ? adjustHue(early, hue) : early;
    return run(turned, steps(tf.logicalNot(before)));
  });
}

/** @param active - `[batch, 3]`: 1 at the blend that has this place, 0 in all three where there is none. */
function colourBlendOf(factors: Tensor2D, active: Tensor): ColourBlend {
  const rest = tf.mul<Tensor2D>(active, tf.sub(1, factors)); // 1 - factor at the active one
  const column = (index: number): Tensor3D => tf.reshape(tf.slice(rest, [0, index], [-1, 1]), [-1, 1, 1]);
  return {
    factor: tf.reshape(tf.sub(1, tf.sum(rest, 1)), [-1, 1, 1]),
    mean: column(1),
    grey: column(2),
  };
}

/**
 * Random brightness, contrast, saturation and hue, in an order of its own for each image: torchvision's `ColorJitter`,
 * which gives the whole call one order.
 *
 * @throws SslError for a negative strength, a hue above 1/2, and when saturation or hue is to be applied to images of
 * other than 3 channels (1 channel is left alone by both, as in torchvision).
 * @example
 * ```ts
 * colourJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 });
 * ```
 */
export function colourJitter(options: ColourJitterOptions = {}): Transform<ColourJitterParameters> {
  const { saturation, hue } = { ...colourJitterDefaults, ...options };
  const colour = saturation > 0 || hue > 0;
  return {
    name: 'colourJitter',
    imagewise: true,
    draw: ({ batch, key }) => drawColourJitter(batch, key, options),
    apply(planes, parameters) {
      if (colour && planes.shape[1] !== 1) requireColour('colourJitter with saturation or hue', planes);
      return applyColourJitter(planes, parameters);
    },
  };
}
