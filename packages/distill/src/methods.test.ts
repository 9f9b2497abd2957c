import { useBackend } from '@ssl/backend';
import { smallConvNet } from '@ssl/core';
import { conformance } from '@ssl/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { byol } from './byol.js';
import { dino } from './dino.js';
import { methods } from './index.js';
import { simsiam } from './simsiam.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

describe('byol conforms', () => {
  conformance({ test, method: () => byol({ backbone: backbone(), hidden: 16, dimension: 8 }) });
});

describe('simsiam conforms', () => {
  conformance({ test, method: () => simsiam({ backbone: backbone(), dimension: 16, layers: 2, bottleneck: 8 }) });
});

describe('dino conforms', () => {
  conformance({
    test,
    method: () => dino({ backbone: backbone(), hidden: 16, layers: 2, bottleneck: 8, outputs: 6, crops: 3, batchNorm: true, teacherTemperature: () => 0.06 }),
  });
});

describe('the plugins', () => {
  const context = { backbone: backbone(), imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10, classes: 3 };

  test.each(methods.map((plugin) => [plugin.name, plugin] as const))('%s makes its method with both presets', (name, plugin) => {
    const nameOf = (options: object): string => plugin.create(context, options as never).method.name;
    expect(nameOf(plugin.defaults)).toBe(name);
    expect(nameOf({ ...plugin.defaults, ...plugin.smallData })).toBe(name);
    expect(Object.keys(plugin.smallData).filter((key) => !(key in plugin.defaults))).toEqual([]);
  });
});
