import { storedValues, storeValues } from '@ssl/core';
import type { ImportedBackbone } from './imported-backbone.js';

const mean = [0.485, 0.456, 0.406];
const deviation = [0.229, 0.224, 0.225];

/**
 * The same network for images with ImageNet's normalisation, which the views of this library have.
 *
 * A network trained on `(p - 0.5) / 0.5` sees `y = 2 s x + (2 m - 1)` of an image `x = (p - m) / s`: the factor goes into the
 * patch projection's weights, the rest into its bias. Exact, since patches have no border.
 *
 * @returns The network as it is where it was trained on ImageNet's statistics, or is no Vision Transformer on colour images.
 */
export function foldNormalization(backbone: ImportedBackbone): ImportedBackbone {
  const weight = backbone.tensors['patch_embed.proj.weight'];
  const bias = backbone.tensors['patch_embed.proj.bias'];
  if (backbone.normalization === 'imagenet' || weight?.shape[1] !== mean.length || bias === undefined) return backbone;
  const [width = 0, channels = 0, height = 0, breadth = 0] = weight.shape;
  const area = height * breadth;
  const weights = Float32Array.from(storedValues(weight));
  const biases = Float32Array.from(storedValues(bias));
  for (let feature = 0; feature < width; feature++) {
    for (let channel = 0; channel < channels; channel++) {
      const start = (feature * channels + channel) * area;
      let sum = 0;
      for (let i = start; i < start + area; i++) {
        sum += weights[i]!;
        weights[i]! *= 2 * deviation[channel]!;
      }
      biases[feature]! += sum * (2 * mean[channel]! - 1);
    }
  }
  return {
    ...backbone,
    normalization: 'imagenet',
    tensors: {
      ...backbone.tensors,
      'patch_embed.proj.weight': storeValues(weights, weight.shape, 'F32'),
      'patch_embed.proj.bias': storeValues(biases, bias.shape, 'F32'),
    },
  };
}
