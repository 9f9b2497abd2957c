import { gelu, mlp, sequential } from '@ssl/core';
import type { Module } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

export interface DinoHeadOptions {
  /** Width of the hidden layers. */
  readonly hidden: number;
  /** Layers before the last one. */
  readonly layers: number;
  /** Dimension of the unit vectors that the last layer sees. */
  readonly bottleneck: number;
  readonly batchNorm: boolean;
}

/**
 * DINO's projection head up to its bottleneck: linear layers with GELU, then unit length. The weight-normed last layer, which is wide
 * and mixes nothing, belongs to the objective: {@link lastLayer}.
 *
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, appendix C.
 */
export function dinoHead(inputs: number, { hidden, layers, bottleneck, batchNorm }: DinoHeadOptions): Module<Tensor2D, Tensor2D> {
  const widths = [inputs, ...Array.from({ length: layers - 1 }, () => hidden), bottleneck];
  const layersBefore = mlp(widths, { activation: gelu, batchNorm: batchNorm ? 'hidden' : 'none' });
  return {
    init: (seed) => sequential({ mlp: layersBefore }).init(seed),
    forward: (scope, input) => l2Normalize(layersBefore.forward(scope.child('mlp'), input)) as Tensor2D,
  };
}

/** Logits of unit vectors against the rows of the last layer at unit length (weight norm with a gain of 1). */
export function lastLayer(bottleneck: Tensor2D, weight: Tensor2D): Tensor2D {
  return tf.matMul(bottleneck, l2Normalize(weight) as Tensor2D, false, true);
}
