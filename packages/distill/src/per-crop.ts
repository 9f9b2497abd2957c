import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';

/** Large crops, which come first and which the teacher sees. */
export const globalCrops = 2;

/** Vectors `[batch, dimension]` of crop 0, 1, … under the keys '0', '1', … */
export type PerCrop = Readonly<Record<string, Tensor2D>>;

export function perCrop(tensors: readonly Tensor[]): PerCrop {
  return Object.fromEntries(tensors.map((tensor, i) => [String(i), tensor as Tensor2D]));
}
