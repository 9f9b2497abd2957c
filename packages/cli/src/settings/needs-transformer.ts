import { smallConvNet, vitTiny, type Backbone } from '@ssl/core';
import { methodOptions } from '../methods/method-options.js';
import type { AnyPlugin } from '../methods/plugins-of.js';

const context = { imageSize: 32, channels: 3, batchSize: 4, datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2, classes: 2 };

/**
 * True for methods that take Vision Transformers alone. A plugin does not say so; it is asked, with a network of each kind: one that
 * needs more than a network, such as BEiT its tokenizer, complains of the right kind too, but of something else.
 */
export function needsTransformer(plugin: AnyPlugin): boolean {
  const convolutional = complaint(plugin, smallConvNet());
  return convolutional !== undefined && convolutional !== complaint(plugin, vitTiny({ imageSize: 32, patchSize: 4 }));
}

function complaint(plugin: AnyPlugin, backbone: Backbone): string | undefined {
  try {
    plugin.create({ ...context, backbone }, methodOptions(plugin, true, {}));
    return undefined;
  } catch (error) {
    return String(error);
  }
}
