import { expect, test } from 'vitest';
import { smallConvNet, vitTiny, type Backbone } from '@ssl/core';
import { methodOptions } from '../methods/method-options.js';
import { installedMethods } from '../methods/resolve-method.js';
import { chooseSettings } from './choose-settings.js';
import { createNetwork } from './create-network.js';
import { patchSizeFor } from './patch-size.js';

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

test('images and patches: the size that was chosen and the number of patches are said, and what does not fit is refused', () => {
  const choose = (config: Parameters<typeof chooseSettings>[0]) => chooseSettings(config, facts, { gpu: false, transformer: false });
  expect(choose({ network: 'vit-tiny' }).choices).toContainEqual({ key: 'patches', value: '4 x 4 pixels', reason: '64 of them in each image' });
  expect(choose({ network: 'vit-tiny', imageSize: 33 }).choices).toContainEqual({ key: 'patches', value: '3 x 3 pixels', reason: '121 of them in each image' });
  expect(choose({ network: 'vit-tiny', imageSize: 4096 }).choices.find(({ key }) => key === 'patches')?.reason).toMatch(/^65,536 of them.*a smaller --image-size/);
  expect(choose({ imageSize: 33 }).choices.map(({ key }) => key)).not.toContain('patches');
  const own = { ...vitTiny({ imageSize: 42, patchSize: 14 }), name: 'mine' };
  expect(choose({ network: own }).settings.imageSize).toBe(28);
  expect(() => choose({ network: own, imageSize: 32 })).toThrow(/mine has patches of 14 pixels, which do not divide --image-size 32\. Use --image-size 28/);
});

test('a run that would never end is refused', () => {
  expect(() => chooseSettings({ epochs: 1e15 }, facts, { gpu: false, transformer: false })).toThrow(/--epochs 1000000000000000 makes [\d,]+ steps of 128 images; a run has at most 1,000,000,000/);
});

/** Sizes with 5 to 19 patches in a row, odd and even. */
const sizes = [8, 9, 12, 20, 24, 28, 32, 33, 35, 36, 40, 48, 56, 64, 96, 100, 112, 128, 144, 160, 200, 224, 252];

test.each(installed.map((plugin) => [plugin.name, plugin] as const))('%s can be built for images of any size that has patches', (_, plugin) => {
  const context = { channels: 3, batchSize: 4, datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2, classes: 2 };
  for (const imageSize of sizes) {
    const backbone = createNetwork({ network: 'vit-tiny', width: 1, stem: 'cifar', channels: 3, imageSize });
    const inRow = imageSize / (patchSizeFor(imageSize) ?? 0);
    // SimMIM hides squares of 2 x 2 patches unless it is told otherwise; the tokenizer and the teacher come from other runs.
    const options = methodOptions(plugin, true, plugin.name === 'simmim' && inRow % 2 === 1 ? { maskUnit: 1 } : {});
    const build = () => plugin.create({ ...context, imageSize, backbone }, options);
    if (['beit', 'vq-kd'].includes(plugin.name)) expect(build).toThrow(/needs a (tokenizer|teacher) that was trained first/);
    else expect(build, String(imageSize)).not.toThrow();
  }
});

test('SimMIM names the option and the numbers where its squares do not fit', () => {
  const simmim = installed.find(({ name }) => name === 'simmim')!;
  const backbone = createNetwork({ network: 'vit-tiny', width: 1, stem: 'cifar', channels: 3, imageSize: 33 });
  const context = { channels: 3, batchSize: 4, datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2, imageSize: 33, backbone };
  expect(() => simmim.create(context, methodOptions(simmim, true, {}))).toThrow(/11 x 11 patches cannot be split into with maskUnit 2\. Use maskUnit 1/);
});
