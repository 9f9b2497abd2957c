import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import type { Planes } from './planes.js';
import { selectImages } from './select-images.js';
import { tidyPlanes } from './tidy-planes.js';
import type { Transform } from './transform.js';

export type HorizontalFlipParameters = { readonly applied: Tensor1D };

/** Images mirrored left to right where `applied` is 1. */
export function applyHorizontalFlip(planes: Planes, { applied }: HorizontalFlipParameters): Planes {
  return tidyPlanes(() =>
    selectImages(
      applied,
      planes.map((plane) => tf.reverse<Tensor3D>(plane, 2)),
      planes,
    ),
  );
}

/** Mirrors a share of the images left to right. `randomResizedCrop({ flip })` does it at no cost. */
export function horizontalFlip({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<HorizontalFlipParameters> {
  return {
    name: 'horizontalFlip',
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyHorizontalFlip,
  };
}
