import * as tf from '@tensorflow/tfjs-core';
import { drawApplied } from '../transform/draw-applied.js';
import type { FlipParameters } from './horizontal-flip.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';
import { whereApplied } from '../transform/where-applied.js';

/** Images mirrored upside down where `applied` is 1. */
export function applyVerticalFlip(planes: Planes, { applied }: FlipParameters): Planes {
  return tf.tidy(() => whereApplied(applied, tf.reverse(planes, 2), planes));
}

/** Mirrors a share of the images upside down. */
export function verticalFlip({
  probability = 0.5,
}: { readonly probability?: number } = {}): Transform<FlipParameters> {
  return {
    name: 'verticalFlip',
    imagewise: true,
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyVerticalFlip,
  };
}
