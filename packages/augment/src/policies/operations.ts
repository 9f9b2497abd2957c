import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { adjustSharpness } from '../blur/adjust-sharpness.js';
import { autocontrast } from '../colour/autocontrast.js';
import { applyColourBlend } from '../colour/colour-blend.js';
import { equalize } from '../colour/equalize.js';
import type { Planes } from '../transform/planes.js';
import { posterize } from '../colour/posterize.js';
import { applySolarize } from '../colour/solarize.js';
import { warpAffine, type WarpOptions } from '../geometry/warp-affine.js';
import { whereApplied } from '../transform/where-applied.js';

/**
 * Operations that AutoAugment, RandAugment and TrivialAugment choose from. Magnitudes: shear as a tangent, translation
 * as {@link OperationsOptions.translation} says, rotation in degrees counter-clockwise, brightness to sharpness as factor
 * less 1, posterize in bits, solarize as a threshold.
 */
export const operationNames = [
  'identity',
  'shearX',
  'shearY',
  'translateX',
  'translateY',
  'rotate',
  'brightness',
  'saturation',
  'contrast',
  'sharpness',
  'posterize',
  'solarize',
  'autocontrast',
  'equalize',
  'invert',
] as const;

export type OperationName = (typeof operationNames)[number];

export type OperationParameters = {
  /** Index into {@link operationNames} of what is done to each image, `[batch]`, float32. */
  readonly operation: Tensor1D;
  /** `[batch]`; signed where the operation is. */
  readonly magnitude: Tensor1D;
};

export interface OperationsOptions extends WarpOptions {
  /** Translations in pixels, or in shares of the image's side (rounded towards 0 to whole pixels in both). */
  readonly translation?: 'pixels' | 'share';
}

/**
 * Does to each image the one operation that is chosen for it: each kind runs once over the batch, with parameters that
 * change nothing where another was chosen; all geometric ones are a single affine map.
 */
export function applyOperations(
  planes: Planes,
  { operation, magnitude }: OperationParameters,
  { translation = 'share', ...warp }: OperationsOptions = {},
): Planes {
  return tf.tidy(() => {
    const is = (name: OperationName): Tensor1D =>
      tf.cast(tf.equal(operation, operationNames.indexOf(name)), 'float32');
    const when = (name: OperationName): Tensor1D => tf.mul(is(name), magnitude);

    const moved = warpAffine(planes, inverseMap(planes, when, translation), warp);
    const column = (values: Tensor): Tensor3D => tf.reshape(values, [-1, 1, 1]);
    const [brightness, saturation, contrast] = [when('brightness'), when('saturation'), when('contrast')];
    const coloured = applyColourBlend(moved, {
      factor: column(tf.add(1, tf.add(brightness, tf.add(saturation, contrast)))),
      grey: column(tf.neg(saturation)),
      mean: column(tf.neg(contrast)),
    });
    const sharpened = adjustSharpness(coloured, tf.add(1, when('sharpness')));
    const posterized = whereApplied(is('posterize'), posterize(sharpened, when('posterize')), sharpened);
    // Inverting is solarizing from 0 on; nothing reaches 2.
    const rest = tf.sub(1, tf.add(is('solarize'), is('invert')));
    const solarized = applySolarize(posterized, { threshold: tf.add(when('solarize'), tf.mul(rest, 2)) });
    const stretched = whereApplied(is('autocontrast'), autocontrast(solarized), solarized);
    return whereApplied(is('equalize'), equalize(stretched), stretched);
  });
}

/** Map from output to input: rotation about the centre, shears from the top left corner (as torchvision's), translation. */
function inverseMap(
  { shape: [, , height, width] }: Planes,
  when: (name: OperationName) => Tensor1D,
  translation: 'pixels' | 'share',
): Tensor2D {
  const angle = tf.mul(when('rotate'), Math.PI / 180);
  const [cosine, sine] = [tf.cos(angle), tf.sin(angle)];
  const [shearX, shearY] = [when('shearX'), when('shearY')];
  const pixels = (name: OperationName, side: number): Tensor1D => {
    const distance = translation === 'share' ? tf.mul<Tensor1D>(when(name), side) : when(name);
    return tf.mul(tf.sign(distance), tf.floor(tf.abs(distance)));
  };
  return tf.stack(
    [
      cosine,
      tf.sub(shearX, sine),
      tf.sub(tf.mul(shearX, height / 2), pixels('translateX', width)),
      tf.add(sine, shearY),
      cosine,
      tf.sub(tf.mul(shearY, width / 2), pixels('translateY', height)),
    ],
    1,
  ) as Tensor2D;
}
