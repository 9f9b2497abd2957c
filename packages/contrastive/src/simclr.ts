import { apply, defineMethod, mlp, requirePositive, sequential, SslError } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { guessingSigns } from './guessing-signs.js';
import { keptHead } from './kept-head.js';
import { ntXent, ntXentDefaults } from './nt-xent.js';

/** Options of {@link simclr}. */
export interface SimclrOptions {
  readonly backbone: Backbone;
  /** Temperature of NT-Xent; above 0. */
  readonly temperature?: number;
  /** Layers of the projector: 2 in the first paper, 3 in SimCLR v2 and in the code. */
  readonly projectorLayers?: number;
  /** Width of its hidden layers; the backbone's feature dimension if left out or 0. */
  readonly projectorWidth?: number;
  /** Dimension of the projections. */
  readonly dimension?: number;
  /** Batch norm after which of its layers. */
  readonly projectorBatchNorm?: 'none' | 'hidden' | 'all';
  /**
   * Layers of the projector that stay with the backbone when it is evaluated and fine-tuned, fewer than it has: 0 in the first paper,
   * 1 of 3 in SimCLR v2 ("fine-tune from a middle layer of the projection head"). Training is the same.
   */
  readonly keptLayers?: number;
}

/** Defaults of {@link simclr}: those of the authors' code. */
export const simclrDefaults = {
  temperature: ntXentDefaults.temperature,
  projectorLayers: 3,
  projectorWidth: 0,
  dimension: 128,
  projectorBatchNorm: 'all',
  keptLayers: 0,
} as const satisfies Omit<SimclrOptions, 'backbone'>;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly first: Tensor2D; readonly second: Tensor2D };

/**
 * SimCLR: two views of an image should be more alike, after backbone and projector, than views of different images.
 *
 * Both views go through the network as one batch, so that batch norm sees them together, as in the authors' code.
 * Evaluated: the backbone; the projector is thrown away. SimCLR v2 has 3 layers and keeps the first: `keptLayers: 1`.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for a projector without layers, as many kept ones as it has, or a temperature that is not above 0.
 * @example
 * const method = simclr({ backbone: smallConvNet(), temperature: 0.2, projectorLayers: 2, projectorWidth: 256, dimension: 64 });
 *
 * @see Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, algorithm 1;
 *   Chen et al., Big Self-Supervised Models are Strong Semi-Supervised Learners (v2).
 */
export function simclr(options: SimclrOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, temperature, projectorLayers, dimension, projectorBatchNorm, keptLayers, ...rest } = { ...simclrDefaults, ...options };
  requirePositive(temperature, 'a temperature', 'simclr', '@ssl/contrastive');
  checkLayers(projectorLayers, keptLayers);
  const features = backbone.featureDimension;
  const hidden = Array.from({ length: projectorLayers - 1 }, () => rest.projectorWidth || features);
  // "nonlinear projection head": linear, batch norm, ReLU; the last layer has batch norm too, but no bias and no ReLU.
  const projector = mlp([features, ...hidden, dimension], { batchNorm: projectorBatchNorm });
  const network = sequential<Tensor4D, Tensor2D>({ backbone, projector });
  const evaluated = keptHead(backbone, hidden.slice(0, keptLayers), { batchNorm: projectorBatchNorm !== 'none' });

  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'simclr',
    batch: { views: 2 },
    coupling: 'batch',
    schedules: {},
    groups: [],
    collapse: guessingSigns(temperature, (batchSize) => 2 * batchSize - 2),
    positivePair: ({ first, second }) => [first, second],

    init(seed) {
      const { params, buffers } = network.init(seed);
      return { params, aux: { buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const images = tf.concat(views as Tensor4D[]); // [2N, H, W, C]
      const { output, buffers } = apply(network, { params, buffers: aux.buffers }, images, { training, key });
      const [first, second] = tf.split(output, 2) as [Tensor2D, Tensor2D];
      return { outputs: { first, second }, aux: { buffers } };
    },

    objective({ outputs: { first, second } }) {
      const { loss, ...metrics } = ntXent(first, second, { temperature });
      return { loss, metrics, carry: {} };
    },

    embed({ params, aux, images }) {
      const kept = evaluated({ params, buffers: aux.buffers });
      return apply(kept.backbone, kept.variables, images, { training: false }).output;
    },
    trainedBackbone: ({ params, aux }) => evaluated({ params, buffers: aux.buffers }),
  });
}

function checkLayers(projectorLayers: number, keptLayers: number): void {
  if (!Number.isInteger(projectorLayers) || projectorLayers < 1) {
    throw new SslError(`simclr needs a projector of 1, 2, 3 … layers, got ${projectorLayers}. The papers use 2 and 3.`, { from: '@ssl/contrastive' });
  }
  if (!Number.isInteger(keptLayers) || keptLayers < 0 || keptLayers >= projectorLayers) {
    throw new SslError(
      `simclr keeps from 0 to ${projectorLayers - 1} of its ${projectorLayers} projector layers, got keptLayers = ${keptLayers}. SimCLR v2 keeps 1 of 3.`,
      { from: '@ssl/contrastive' },
    );
  }
}
