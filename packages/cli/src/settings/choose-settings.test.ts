import { expect, test } from 'vitest';
import { smallConvNet, vitTiny, type Backbone } from '@ssl/core';
import { methodOptions } from '../methods/method-options.js';
import { installedMethods } from '../methods/resolve-method.js';
import { chooseSettings } from './choose-settings.js';

const installed = (await installedMethods('.')).map(({ plugin }) => plugin);
const facts = { size: 1000, channels: 3, side: 32 };
const settingsFor = (name: string, gpu: boolean) =>
  chooseSettings({}, facts, { gpu, transformer: installed.find((plugin) => plugin.name === name)!.network === 'transformer' }).settings;

test.each([
  ['simclr', 'small-conv', 'resnet18'],
  ['dvae', 'small-conv', 'resnet18'], // its own network, whatever is given
  ['uda', 'small-conv', 'resnet18'],
  ['mae', 'vit-tiny', 'vit-small'],
  ['beit', 'vit-tiny', 'vit-small'], // needs a tokenizer too
] as const)('%s gets a network that it takes: %s on a processor, %s on a GPU', (name, processor, gpu) => {
  expect(settingsFor(name, false).network).toBe(processor);
  expect(settingsFor(name, true).network).toBe(gpu);
});

test.each(installed.map((plugin) => [plugin.name, plugin] as const))('%s says whether it takes Vision Transformers alone', (_, plugin) => {
  const context = { imageSize: 32, channels: 3, batchSize: 4, datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2, classes: 2 };
  /** What it says to a network; one that needs more, such as BEiT its tokenizer, complains of a ViT too, but of something else. */
  const complaint = (backbone: Backbone) => {
    try {
      return typeof plugin.create({ ...context, backbone }, methodOptions(plugin, true, {}));
    } catch (error) {
      return String(error);
    }
  };
  const refused = complaint(smallConvNet()) !== complaint(vitTiny({ imageSize: 32, patchSize: 4 }));
  expect(plugin.network === 'transformer').toBe(refused);
});

test('a processor is given as much of a ViT as it trains in minutes', () => {
  expect(settingsFor('simclr', false).epochs).toBe(400); // the most
  expect(settingsFor('mae', false).epochs).toBe(60);
});
