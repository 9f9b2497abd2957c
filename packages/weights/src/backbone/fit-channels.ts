import { SslError, storedValues, storeValues } from '@ssl/core';
import { foldNormalization } from './fold-normalization.js';
import type { ImportedBackbone } from './imported-backbone.js';

const firstLayers = ['patch_embed.proj.weight', 'conv1.weight', '0.weight'];

/**
 * The same network for images of another number of channels, as timm's `in_chans` makes it from weights for colours: for grey
 * images the three filters are added up, for more channels they are repeated, times 3 over the number.
 *
 * @throws SslError for weights of another number of channels than 3, whose channels have no order to repeat.
 * @example
 * fitChannels(importBackbone(await readWeights('resnet18.pth')), 4).description.options.channels; // 4
 */
export function fitChannels(backbone: ImportedBackbone, channels: number): ImportedBackbone {
  const own = backbone.description.options.channels ?? 3;
  if (own === channels) return backbone;
  if (own !== 3) {
    throw new SslError(
      `the network of ${backbone.source} takes ${String(own)} channels, the images here have ${String(channels)}. Take images of ${String(own)} channels (--channels ${String(own)}), or weights for 3, whose first layer is fitted to any number.`,
      { from: '@ssl/weights' },
    );
  }
  // Grey images have their own statistics; where the first layer has a bias, the change is exact for them.
  const { tensors, ...rest } = channels === 1 ? foldNormalization(backbone, { mean: [0.5], deviation: [0.25] }) : backbone;
  const name = firstLayers.find((layer) => layer in tensors);
  const weight = name === undefined ? undefined : tensors[name];
  if (name === undefined || weight?.shape.length !== 4) return backbone;
  const [outputs = 0, , height = 0, width = 0] = weight.shape;
  const area = height * width;
  const values = storedValues(weight);
  const fitted = new Float32Array(outputs * channels * area);
  for (let output = 0; output < outputs; output++) {
    for (let channel = 0; channel < (channels === 1 ? 3 : channels); channel++) {
      const from = (output * 3 + (channel % 3)) * area;
      const to = (output * channels + (channel % channels)) * area;
      for (let i = 0; i < area; i++) fitted[to + i]! += channels === 1 ? values[from + i]! : (values[from + i]! * 3) / channels;
    }
  }
  return {
    ...rest,
    description: { ...rest.description, options: { ...rest.description.options, channels } } as ImportedBackbone['description'],
    tensors: { ...tensors, [name]: storeValues(fitted, [outputs, channels, height, width], 'F32') },
  };
}
