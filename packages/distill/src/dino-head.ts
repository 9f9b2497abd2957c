import { gelu, linear, mlp, normalTensor, sequential } from '@ssl/core';
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
  /** Deviation of the first weights, .02 in the papers' code, with biases of 0; 0 for PyTorch's default, uniform in ±1/√inputs. */
  readonly headDeviation: number;
}

/**
 * DINO's projection head up to its bottleneck: linear layers with GELU, then unit length. The weight-normed last layer, which is wide
 * and mixes nothing, belongs to the objective: {@link lastLayer}.
 *
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, appendix C.
 */
export function dinoHead(inputs: number, { hidden, layers, bottleneck, batchNorm, headDeviation }: DinoHeadOptions): Module<Tensor2D, Tensor2D> {
  const widths = [inputs, ...Array.from({ length: layers - 1 }, () => hidden), bottleneck];
  // The code cuts its normal at ±2, a hundred deviations, which no draw reaches.
  const weight = (seed: number, shape: [number, number]): Tensor2D => normalTensor<tf.Rank.R2>(seed, shape, headDeviation);
  const layersBefore = mlp(widths, { activation: gelu, batchNorm: batchNorm ? 'hidden' : 'none', ...(headDeviation > 0 ? { weight } : {}) });
  return {
    init: (seed) => sequential({ mlp: layersBefore }).init(seed),
    forward: (scope, input) => l2Normalize(layersBefore.forward(scope.child('mlp'), input)) as Tensor2D,
  };
}

/** Weight norm's two parts: directions `[outputs, bottleneck]`, and their lengths `[outputs, 1]` where they are learned. */
export type LastLayer = { readonly weight: Tensor2D; readonly gain?: Tensor2D };

export interface LastLayerOptions {
  readonly bottleneck: number;
  readonly outputs: number;
  /** True: every row has length 1 for ever. False: its length is learned, from 1 on. */
  readonly normLastLayer: boolean;
}

/** The first values of a last layer. */
export function initLastLayer(seed: number, { bottleneck, outputs, normLastLayer }: LastLayerOptions): LastLayer {
  const { weight } = linear(bottleneck, outputs, { bias: false }).init(seed).params as { weight: Tensor2D };
  return normLastLayer ? { weight } : { weight, gain: tf.ones<tf.Rank.R2>([outputs, 1]) };
}

/** Logits of unit vectors: `gain weight / |weight|` times each, row by row (weight norm), with a gain of 1 where none is learned. */
export function lastLayer(bottleneck: Tensor2D, { weight, gain }: LastLayer): Tensor2D {
  const unit = l2Normalize(weight) as Tensor2D;
  return tf.matMul(bottleneck, gain === undefined ? unit : tf.mul<Tensor2D>(unit, gain), false, true);
}
