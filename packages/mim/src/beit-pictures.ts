import { disposeTree, SslError, treeToMap, type FrozenNetwork, type PictureGrid, type PicturesInput, type TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { hidePatches } from './hide-patches.js';
import { normalisedPictures } from './normalised-pictures.js';
import { requireTokenizer } from './tokenizer.js';

/** Logits of the tokens of all patches, `[batch, patches, vocabulary]`, of normalised images with hidden patches. */
export type PredictTokens = (images: Tensor4D, mask: Tensor2D) => Tensor3D;

type Input = Omit<PicturesInput<TensorRecord>, 'params' | 'aux'> & {
  /** The tokenizer's variables of the run. */
  readonly variables: TensorRecord;
};

/**
 * BEiT's rows for the report: the tokens of the hidden patches that it finds likeliest, drawn by the tokenizer's decoder, beside the true tokens
 * drawn by it.
 *
 * @throws SslError where the tokenizer cannot draw, or its own run is gone, which alone has the decoder.
 */
export function beitPictures(frozen: FrozenNetwork, predict: PredictTokens, { images, extras, normalization, variables }: Input): readonly PictureGrid[] {
  const tokenizer = requireTokenizer(frozen.method);
  if (tokenizer.draw === undefined) {
    throw new SslError(`the tokens of ${frozen.method.name} stand for features and not for pixels. A run with a dvae as --tokenizer has pictures.`, { from: '@ssl/mim' });
  }
  const mask = extras.mask as Tensor2D;
  const [, height, width, channels] = images.shape;
  const side = Math.round(Math.sqrt(mask.shape[1])) * tokenizer.stride;
  const { normal } = normalisedPictures(channels, normalization);
  const truth = tokenizer.tokens(variables, tf.image.resizeBilinear(images, [side, side], false, true));
  const likeliest = tf.argMax(predict(normal(images), mask), 2);
  const state = frozen.weights();
  try {
    if (!sameValues(tokenizer.variables(state), variables)) {
      throw new SslError("the tokenizer's decoder is in its own run, whose checkpoint is gone or was trained on. Give the run of the tokenizer again.", { from: '@ssl/mim' });
    }
    const draw = (tokens: tf.Tensor): Tensor4D => tf.image.resizeNearestNeighbor(tokenizer.draw!(state, tokens as Tensor2D), [height, width]);
    return [
      {
        title: 'Tokens',
        caption: "The network sees the patches that are not grey and says which tokens the others have. The tokenizer's decoder draws the image from its true tokens, and from the true ones of visible and the likeliest ones of hidden patches.",
        columns: [
          { name: 'Image', images },
          { name: 'Masked', images: hidePatches(images, mask) },
          { name: 'True tokens', images: draw(truth) },
          { name: 'Predicted tokens', images: draw(tf.where(tf.greater(mask, 0), tf.cast(likeliest, 'int32'), truth)) },
        ],
      },
    ];
  } finally {
    disposeTree([state.params, state.aux]);
  }
}

function sameValues(one: TensorRecord, other: TensorRecord): boolean {
  const others = treeToMap(other);
  return Object.entries(treeToMap(one)).every(([path, tensor]) => tf.tidy(() => tf.max(tf.abs(tf.sub(tensor, others[path]!))).dataSync()[0] === 0));
}
