import { l2Normalize, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * The code next to each vector by cosine; the first of several.
 *
 * @param vectors - Unit vectors `[rows, dimension]`.
 * @param codebook - Unit vectors `[codes, dimension]`.
 * @returns int32 `[rows]`.
 * @throws Error of the engine where the dimensions differ.
 * @example
 * nearestCodes(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 0], [0, 1]])); // [1]
 *
 * @see Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, equation 1.
 */
export function nearestCodes(vectors: Tensor2D, codebook: Tensor2D): Tensor1D {
  return tf.tidy(() => tf.argMax<Tensor1D>(tf.matMul(vectors, codebook, false, true), 1));
}

/**
 * The codes' values, through which the gradient reaches the vectors as if they had not been replaced.
 *
 * @returns The codes, `[rows, dimension]`.
 * @throws Error of the engine where the shapes differ.
 * @example
 * const codes = tf.tensor2d([[0, 1]]);
 * tf.grad((z) => tf.sum(straightThrough(z, codes)))(tf.tensor2d([[0.6, 0.8]])); // [[1, 1]]
 *
 * @see Van den Oord et al., Neural Discrete Representation Learning, section 3.2; Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, section 2.2.
 */
export function straightThrough(vectors: Tensor2D, codes: Tensor2D): Tensor2D {
  return tf.tidy(() => tf.add(vectors, stopGradient(tf.sub(codes, vectors))));
}

/**
 * `mean (z - sg(code))^2` over all numbers: draws vectors to their codes.
 *
 * @returns A scalar; from 0 to 4 divided by the dimension for unit vectors.
 * @throws Error of the engine where the shapes differ.
 * @example
 * commitmentLoss(tf.tensor2d([[1, 0]]), tf.tensor2d([[0, 1]])); // 1
 *
 * @see Van den Oord et al., Neural Discrete Representation Learning, equation 3.
 */
export function commitmentLoss(vectors: Tensor2D, codes: Tensor2D): Scalar {
  return tf.tidy(() => tf.mean<Scalar>(tf.squaredDifference(vectors, stopGradient(codes))));
}

/** A codebook and the vectors of a batch that chose from it. */
export interface MoveCodebookInput {
  /** Unit vectors `[codes, dimension]`. */
  readonly codebook: Tensor2D;
  /** Unit vectors of the batch, `[rows, dimension]`. */
  readonly vectors: Tensor2D;
  /** Their codes, int32 `[rows]`. */
  readonly tokens: Tensor1D;
  /** From 0 (codes are the batch's means) to 1 (codes stay). */
  readonly momentum: Scalar | number;
}

/**
 * The codebook after one batch: each code moves towards the direction of the vectors that chose it, and has length 1 again. Codes that
 * none chose stay.
 *
 * @returns Unit vectors `[codes, dimension]`.
 * @throws Error of the engine where the shapes do not fit.
 * @example
 * const codebook = tf.tensor2d([[1, 0], [0, 1]]);
 * const vectors = tf.tensor2d([[0.8, 0.6]]);
 * moveCodebook({ codebook, vectors, tokens: nearestCodes(vectors, codebook), momentum: 0 }); // [[0.8, 0.6], [0, 1]]
 *
 * @see Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, section 2.2 (exponential moving average).
 */
export function moveCodebook({ codebook, vectors, tokens, momentum }: MoveCodebookInput): Tensor2D {
  return tf.tidy(() => {
    const chosen = tf.cast<Tensor2D>(tf.oneHot(tokens, codebook.shape[0]) as Tensor2D, 'float32'); // [rows, codes]
    const counts = tf.expandDims<Tensor2D>(tf.sum(chosen, 0), 1);
    const means = l2Normalize(tf.div<Tensor2D>(tf.matMul(chosen, vectors, true), tf.maximum(counts, 1)));
    const wanted = tf.where(tf.greater(counts, 0), means, codebook);
    return l2Normalize(tf.add<Tensor2D>(tf.mul(codebook, momentum), tf.mul(wanted, tf.sub(1, momentum))));
  });
}
