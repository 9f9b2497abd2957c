import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { storedValues, storeValues, type StoredTensor } from '@ssl/core';
import { fitPositionBiases, fitPositions } from './fit-positions.js';
import type { ImportedBackbone } from './imported-backbone.js';

/**
 * A Vision Transformer made for the image size that it was trained with: a run may start from weights for larger images, whose
 * positions it resizes for every batch. What it computes stays the same.
 *
 * @returns The backbone as it is where the sizes are equal, not known, or no multiple of the patches.
 */
export function atImageSize(backbone: ImportedBackbone): ImportedBackbone {
  const { description, imageSize, tensors } = backbone;
  if (description.kind !== 'vision-transformer' || imageSize === undefined) return backbone;
  const { patchSize = 16, imageSize: own = 224 } = description.options;
  if (own === imageSize || imageSize % patchSize !== 0) return backbone;
  const [from, to] = [own / patchSize, imageSize / patchSize];
  const resized = Object.entries(tensors).map(([name, tensor]): [string, StoredTensor] => {
    const rows = tensor.shape[name === 'pos_embed' ? 1 : 0] ?? 0;
    if (name === 'pos_embed') return [name, fitted(tensor, (values) => fitPositions(values as Tensor3D, rows - from * from + to * to, description))];
    return name.endsWith('.relative_position_bias_table') ? [name, fitted(tensor, (values) => fitPositionBiases(values as Tensor2D, (2 * to - 1) ** 2 + 3, description))] : [name, tensor];
  });
  return { ...backbone, description: { ...description, options: { ...description.options, imageSize } }, tensors: Object.fromEntries(resized) };
}

function fitted(stored: StoredTensor, fit: (values: tf.Tensor) => tf.Tensor): StoredTensor {
  return tf.tidy(() => {
    const result = fit(tf.tensor(storedValues(stored), [...stored.shape], 'float32'));
    return storeValues(result.dataSync<'float32'>(), result.shape, 'F32') as unknown as tf.TensorContainer;
  }) as unknown as StoredTensor;
}
