import { applyToViews, backboneBranch, backboneFeatures, mlp, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

export interface ExpandedPairOptions {
  readonly backbone: Backbone;
  /** Width and output of the projector. */
  readonly dimension: number;
  readonly layers: number;
}

export type ExpandedPairMethod = SslMethod<{ readonly buffers: TensorRecord }, { readonly first: Tensor2D; readonly second: Tensor2D }, Record<string, never>>;

/** What Barlow Twins and VICReg share: two views, one after the other, through backbone and projector; evaluated is the backbone. */
export function expandedPair({ backbone, dimension, layers }: ExpandedPairOptions) {
  // "the first two layers of the projector are followed by a batch normalization layer and rectified linear units". No biases, as in
  // Barlow Twins' code; VICReg's hidden layers have them, without effect before a batch norm.
  const projector = mlp([backbone.featureDimension, ...Array.from({ length: layers }, () => dimension)], { batchNorm: 'hidden', lastBias: false });
  const network = sequential<Tensor4D, Tensor2D>({ backbone, projector });
  return {
    batch: { views: 2 },
    coupling: 'batch',
    positivePair: ({ first, second }) => [first, second],

    init(seed) {
      const { params, buffers } = network.init(seed);
      return { params, aux: { buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const { outputs, buffers } = applyToViews(network, { params, buffers: aux.buffers }, views, { training, key });
      const [first, second] = outputs as [Tensor2D, Tensor2D];
      return { outputs: { first, second }, aux: { buffers } };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  } as const satisfies Partial<ExpandedPairMethod>;
}
