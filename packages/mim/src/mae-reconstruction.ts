import type { NormalizeOptions } from '@ssl/augment';
import { SslError } from '@ssl/core';
import type { TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { hidePatches } from './hide-patches.js';
import type { HiddenPatches, MaeMethod } from './mae.js';
import { normalisedPictures } from './normalised-pictures.js';

/** A trained MAE, images, and which of their patches are hidden. */
export interface MaeReconstructionInput {
  /** What {@link mae} made; a plugin's method too. */
  readonly method: Pick<MaeMethod, 'reconstruct'>;
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  /** From 0 to 1, `[batch, height, width, channels]`, of the size that the network was trained with. */
  readonly images: Tensor4D;
  /** 1 where a patch is hidden, `[batch, patches]`, the same number in each image: `randomMasks(…)(batch, key).mask`. */
  readonly mask: Tensor2D;
  /** Mean and deviation of the channels in training; ImageNet's unless given. */
  readonly normalization?: NormalizeOptions;
}

/** Pictures from 0 to 1, `[batch, height, width, channels]`. */
export interface MaeReconstruction {
  /** The image with a middle grey in hidden patches. */
  readonly masked: Tensor4D;
  /** What the network predicts, in every patch. */
  readonly reconstruction: Tensor4D;
  /** The image, and in hidden patches the prediction. */
  readonly composed: Tensor4D;
}

/**
 * The paper's figure: the masked image, what MAE makes of it, and both put together. Where the targets were normalised, the true
 * patch's mean and deviation are put back, of which the network says nothing.
 *
 * Reads the mask on the host: not for compiled functions, which call {@link MaeMethod.reconstruct}.
 *
 * @returns Pictures that belong to the caller.
 * @throws SslError where images hide different numbers of patches.
 * @example
 * const backbone = visionTransformer({ imageSize: 16, patchSize: 4, width: 8, depth: 1, heads: 2, positions: 'sincos' });
 * const method = mae({ backbone, decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 });
 * const { mask } = randomMasks({ patches: 16, masked: 12 })(1, randomKey(0, 0, 'figure'));
 * maeReconstruction({ method, ...method.init(0), images: tf.zeros([1, 16, 16, 3]), mask }).composed.shape; // [1, 16, 16, 3]
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, figures 2 to 4.
 */
export function maeReconstruction({ method, params, aux, images, mask, normalization = {} }: MaeReconstructionInput): MaeReconstruction {
  return tf.tidy(() => {
    const { normal, plain } = normalisedPictures(images.shape[3], normalization);
    const { predicted, pasted } = method.reconstruct({ params, aux: aux as { buffers: TensorRecord }, hidden: hiddenPatches(mask), images: normal(images) });
    const pictures = {
      masked: hidePatches(images, mask),
      reconstruction: plain(predicted),
      composed: plain(pasted),
    };
    return pictures as unknown as tf.TensorContainer;
  }) as unknown as MaeReconstruction;
}

/** Which patches are kept, and where they go back, from a mask. */
function hiddenPatches(mask: Tensor2D): HiddenPatches {
  const [batch, patches] = mask.shape;
  const counts = new Set(tf.sum(mask, 1).dataSync());
  const [masked = 0] = counts;
  if (counts.size !== 1) {
    throw new SslError(
      `maeReconstruction needs the same number of hidden patches in each image, got ${[...counts].join(', ')}. Draw the mask with randomMasks.`,
      { from: '@ssl/mim' },
    );
  }
  // Visible patches first, in their order: a little is taken off from left to right.
  const order = tf.topk(tf.sub<Tensor2D>(tf.mul(tf.sub(1, mask), patches), tf.range(0, patches)), patches).indices as Tensor2D;
  const restore = tf.topk(tf.neg(tf.cast(order, 'float32')), patches).indices as Tensor2D;
  return { mask, keep: tf.slice2d(order, [0, 0], [batch, patches - masked]), restore };
}
