import { expect, test } from 'vitest';
import { installedMethods } from '../methods/resolve-method.js';
import { chooseSettings } from './choose-settings.js';
import { needsTransformer } from './needs-transformer.js';

const installed = await installedMethods('.');
const facts = { size: 1000, channels: 3, side: 32 };
const settingsFor = (name: string, gpu: boolean) =>
  chooseSettings({}, facts, { gpu, transformer: needsTransformer(installed.find(({ plugin }) => plugin.name === name)!.plugin) }).settings;

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

test('a method that complains of all networks alike gets the usual one', () => {
  const { plugin } = installed[0]!;
  const create = () => {
    throw new Error('needs captions');
  };
  expect(needsTransformer({ ...plugin, create })).toBe(false);
});

test('a processor is given as much of a ViT as it trains in minutes', () => {
  expect(settingsFor('simclr', false).epochs).toBe(400); // the most
  expect(settingsFor('mae', false).epochs).toBe(60);
});
