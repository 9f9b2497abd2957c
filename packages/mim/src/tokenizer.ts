import { SslError } from '@ssl/core';
import type { MethodState, SslMethod, TensorRecord } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** How a trained method turns images into tokens: pure functions over its weights. */
export interface Tokenizer {
  /** How many different tokens there are. */
  readonly vocabulary: number;
  /** Pixels from one token to the next, in the images that it is given. */
  readonly stride: number;
  /** The part of a method's weights that {@link tokens} needs; the same tensors. */
  variables(state: MethodState): TensorRecord;
  /**
   * Tokens of images from 0 to 1, `[batch, height, width, channels]`: it normalises them itself. Traceable, without gradient.
   *
   * @returns int32 `[batch, height / stride * width / stride]`, row by row, from 0 to `vocabulary - 1`.
   */
  tokens(variables: TensorRecord, images: Tensor4D): Tensor2D;
  /** Pictures from 0 to 1 that a decoder draws from tokens of a square grid, `stride` pixels for each; left out where there is no such decoder. */
  draw?(state: MethodState, tokens: Tensor2D): Tensor4D;
}

/** A method that learns to turn images into tokens: {@link dvae}, {@link vqKd}, or one of your own. */
export interface TokenizerMethod<
  Aux extends TensorRecord = TensorRecord,
  Outputs extends TensorRecord = TensorRecord,
  Carry extends TensorRecord = TensorRecord,
> extends SslMethod<Aux, Outputs, Carry> {
  readonly tokenizer: Tokenizer;
}

/**
 * The tokenizer of a method.
 *
 * @returns What the method has as `tokenizer`.
 * @throws SslError where it is none.
 * @example
 * requireTokenizer(dvae({ vocabulary: 512 })).vocabulary; // 512
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers, section 2.1.2.
 */
export function requireTokenizer(method: SslMethod): Tokenizer {
  const { tokenizer } = method as Partial<TokenizerMethod>;
  if (tokenizer !== undefined) return tokenizer;
  throw new SslError(`BEiT needs a tokenizer, got a run of ${method.name}. Train one first: ssl train --method dvae, or vq-kd from a teacher.`, {
    from: '@ssl/mim',
  });
}
