import { useBackend } from '@ssl/backend';
import { smallConvNet } from '@ssl/core';
import { conformance } from '@ssl/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { barlowTwins } from './barlow-twins.js';
import { methods } from './index.js';
import { swav } from './swav.js';
import { vicreg } from './vicreg.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

describe('barlow-twins conforms', () => {
  conformance({ test, method: () => barlowTwins({ backbone: backbone(), dimension: 8, layers: 2 }) });
});

describe('vicreg conforms', () => {
  conformance({ test, method: () => vicreg({ backbone: backbone(), dimension: 8, layers: 2 }) });
});

describe('swav conforms', () => {
  conformance({ test, method: () => swav({ backbone: backbone(), hidden: 16, dimension: 8, prototypes: 6, crops: 3, frozenPrototypes: 0 }) });
});

describe('swav with a queue conforms', () => {
  conformance({ test, method: () => swav({ backbone: backbone(), hidden: 16, dimension: 8, prototypes: 6, crops: 2, queue: 12, frozenPrototypes: 0 }) });
});

describe('the plugins', () => {
  const context = { backbone: backbone(), imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10 };

  test.each(methods.map((plugin) => [plugin.name, plugin] as const))('%s makes its method with both presets', (name, plugin) => {
    const nameOf = (options: object): string => plugin.create(context, options as never).method.name;
    expect(nameOf(plugin.defaults)).toBe(name);
    expect(nameOf({ ...plugin.defaults, ...plugin.smallData })).toBe(name);
    expect(Object.keys(plugin.smallData).filter((key) => !(key in plugin.defaults))).toEqual([]);
  });
});
