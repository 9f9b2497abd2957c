import { uniformTensor } from '@ssl/core';
import type { Rank, Tensor2D } from '@tensorflow/tfjs-core';

/** Xavier's uniform first weight for a linear layer, as MAE's code starts all of them. */
export function xavierWeight(inputs: number, outputs: number): (seed: number) => Tensor2D {
  return (seed) => uniformTensor<Rank.R2>(seed, [outputs, inputs], Math.sqrt(6 / (inputs + outputs)));
}
