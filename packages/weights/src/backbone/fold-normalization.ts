import { storedValues, storeValues } from '@ssl/core';
import type { ImageNormalization, ImportedBackbone } from './imported-backbone.js';
import { namedNormalization, normalizationStatistics } from './normalization-statistics.js';

/**
 * The same network for images with another normalisation: ImageNet's, which most views of this library have, unless told otherwise.
 *
 * A network trained on `y = (p - m') / s'` is given `x = (p - m) / s`, so `y = (s / s') x + (m - m') / s'`: the factor goes into the
 * patch projection's weights, the rest into its bias. Exact, since patches have no border.
 *
 * @returns The network as it is where it was trained with that normalisation, or is no Vision Transformer; its `normalization` says so.
 * @example
 * foldNormalization(importBackbone(await readWeights('beit_base_patch16_224.safetensors'))).normalization; // 'imagenet'
 */
export function foldNormalization(backbone: ImportedBackbone, wantedNormalization: ImageNormalization = 'imagenet'): ImportedBackbone {
  const target = typeof wantedNormalization === 'string' ? wantedNormalization : namedNormalization(wantedNormalization);
  if (backbone.normalization === target) return backbone;
  const weight = backbone.tensors['patch_embed.proj.weight'];
  const bias = backbone.tensors['patch_embed.proj.bias'];
  const count = weight?.shape[1] ?? backbone.description.options.channels ?? 3;
  const [own, wanted] = [normalizationStatistics(backbone.normalization, count), normalizationStatistics(target, count)];
  if (own === undefined || wanted === undefined) return backbone;
  if (JSON.stringify(own) === JSON.stringify(wanted)) return { ...backbone, normalization: target };
  if (weight === undefined || bias === undefined) return backbone;
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
        weights[i]! *= wanted.deviation[channel]! / own.deviation[channel]!;
      }
      biases[feature]! += (sum * (wanted.mean[channel]! - own.mean[channel]!)) / own.deviation[channel]!;
    }
  }
  return {
    ...backbone,
    normalization: target,
    tensors: {
      ...backbone.tensors,
      'patch_embed.proj.weight': storeValues(weights, weight.shape, 'F32'),
      'patch_embed.proj.bias': storeValues(biases, bias.shape, 'F32'),
    },
  };
}
