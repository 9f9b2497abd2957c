import { batchNorm, linear, relu, sequential } from '@ssl/core';
import type { Module } from '@ssl/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

/**
 * The projector of Barlow Twins and VICReg: linear layers of one width, "the first two layers of the projector are followed by a
 * batch normalization layer and rectified linear units".
 *
 * No biases, as in Barlow Twins' code; VICReg's hidden layers have them, without effect before a batch norm: `[inputs] -> width -> ... -> width`.
 */
export function expander(inputs: number, width: number, layers: number): Module<Tensor2D, Tensor2D> {
  const hidden = Array.from({ length: layers - 1 }, (_, i) => [
    linear(i === 0 ? inputs : width, width, { bias: false }),
    batchNorm(width),
    relu(),
  ]).flat();
  return sequential<Tensor2D, Tensor2D>([...hidden, linear(layers === 1 ? inputs : width, width, { bias: false })]);
}
