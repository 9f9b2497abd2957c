import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from '../transform/draw-applied.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';
import { whereApplied } from '../transform/where-applied.js';

export type FlipParameters = { readonly applied: Tensor1D };

/** Images mirrored left to right where `applied` is 1. */
export function applyHorizontalFlip(planes: Planes, { applied }: FlipParameters): Planes {
  return tf.tidy(() => whereApplied(applied, tf.reverse(planes, 3), planes));
}

/** Mirrors a share of the images left to right. `randomResizedCrop({ flip })` does it at no cost. */
export function horizontalFlip({
  probability = 0.5,
}: { readonly probability?: number } = {}): Transform<FlipParameters> {
  return {
    name: 'horizontalFlip',
    imagewise: true,
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyHorizontalFlip,
  };
}
