import { apply, backboneBranch, backboneFeatures, childSeed, defineMethod, linear, requireVisionTransformer, SslError } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { patchify } from './patchify.js';
import { simmimPictures } from './simmim-pictures.js';

/** The network of SimMIM. */
export interface SimmimOptions {
  /** A Vision Transformer with `maskToken: true`. */
  readonly backbone: Backbone;
}

type Aux = { readonly buffers: TensorRecord };
type Outputs = {
  readonly features: Tensor2D;
  readonly predictions: Tensor3D;
  readonly patches: Tensor3D;
  readonly mask: Tensor2D;
};

/**
 * SimMIM's loss: mean absolute error of the pixels of hidden patches.
 *
 * @param mask 1 where a patch was hidden, `[batch, patches]`.
 * @returns A scalar; 0 where nothing is hidden.
 * @throws Error of the engine where the shapes differ.
 * @example
 * simmimLoss(tf.zeros([1, 2, 3]), tf.ones([1, 2, 3]), tf.tensor2d([[1, 0]])); // 1
 *
 * @see Xie et al., SimMIM: A Simple Framework for Masked Image Modeling, equation 1.
 */
export function simmimLoss(predictions: Tensor3D, patches: Tensor3D, mask: Tensor2D): Scalar {
  return tf.tidy(() => {
    const errors = tf.mean(tf.abs(tf.sub(predictions, patches)), 2); // [B, N]
    return tf.div(tf.sum(tf.mul(errors, mask)), tf.maximum(tf.sum(mask), 1));
  });
}

/**
 * SimMIM: the encoder sees a mask token in the place of hidden patches, and one linear layer says what their pixels are.
 *
 * One view with the extra `mask` of `squareMasks`. Evaluated: the encoder on whole images.
 *
 * @returns A method with coupling `none`.
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token.
 * @example
 * const method = simmim({ backbone: vitBase({ maskToken: true }) });
 * const views = withMasks(maeViews({ size: 224 }), squareMasks({ grid: [14, 14], ratio: 0.6, unit: 2 }));
 *
 * @see Xie et al., SimMIM: A Simple Framework for Masked Image Modeling.
 */
export function simmim(options: SimmimOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const backbone = requireVisionTransformer(options.backbone, 'simmim');
  const { patchSize, channels, width, maskToken } = backbone.options;
  if (!maskToken) {
    throw new SslError('simmim puts a mask token in the place of hidden patches, and the backbone has none. Make it with maskToken: true.', {
      from: '@ssl/mim',
    });
  }
  const head = linear(width, patchSize * patchSize * channels);

  function predict({ params, aux }: { params: TensorRecord; aux: Aux }, images: Tensor4D, mask: Tensor2D, mode: Parameters<typeof apply>[3]) {
    const variables = { params: params.backbone as TensorRecord, buffers: aux.buffers.backbone as TensorRecord };
    const { output } = apply(backbone.encoder, variables, [{ images, mask }], mode);
    const { cls, patches: tokens } = output[0]!;
    const { output: predictions } = apply(head, { params: params.head as TensorRecord, buffers: {} }, tokens, mode);
    return { predictions: predictions as Tensor3D, features: cls ?? tf.mean<Tensor2D>(tokens, 1) };
  }

  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'simmim',
    batch: { views: 1, extras: ['mask'] },
    coupling: 'none',
    schedules: {},
    groups: [],
    monitor: ({ features }) => features,

    init(seed) {
      const { params, buffers } = backbone.init(seed);
      return {
        params: { backbone: params, head: head.init(childSeed(seed, 'head')).params },
        aux: { buffers: { backbone: buffers } },
      };
    },

    forward({ params, aux, views, extras, training, key }) {
      const images = views[0]!;
      const mask = extras.mask as Tensor2D;
      return { outputs: { ...predict({ params, aux }, images, mask, { training, key }), patches: patchify(images, patchSize), mask } };
    },

    objective: ({ outputs: { predictions, patches, mask } }) => ({ loss: simmimLoss(predictions, patches, mask), metrics: {}, carry: {} }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
    pictures: ({ params, aux, ...input }) => simmimPictures((images, mask) => predict({ params, aux }, images, mask, { training: false }).predictions, patchSize, input),
  });
}
