import type { AffineParameters } from './random-affine.js';
import { randomAffine } from './random-affine.js';
import type { Transform } from '../transform/transform.js';
import type { WarpOptions } from './warp-affine.js';

export interface RandomRotationOptions extends WarpOptions {
  /** Greatest angle to either side, or lowest and highest, in degrees. */
  readonly degrees: number | readonly [number, number];
}

/** Rotation about the centre by a random angle; corners that come from outside take `fill`. */
export function randomRotation({ degrees, ...options }: RandomRotationOptions): Transform<AffineParameters> {
  const range = typeof degrees === 'number' ? ([-degrees, degrees] as const) : degrees;
  return { ...randomAffine({ ...options, degrees: range }), name: 'randomRotation' };
}
