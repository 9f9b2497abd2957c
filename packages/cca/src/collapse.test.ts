import { useBackend } from '@ssl/backend';
import { smallConvNet } from '@ssl/core';
import { watchToyRun } from '@ssl/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { barlowTwins } from './barlow-twins.js';
import { swav } from './swav.js';
import { vicreg } from './vicreg.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });
const twins = (lambda: number) => barlowTwins({ backbone: backbone(), dimension: 16, layers: 2, biasRate: 1, lambda });
const regularised = (variance: number) => vicreg({ backbone: backbone(), dimension: 16, layers: 2, variance });
const swapped = (iterations: number) =>
  swav({ backbone: backbone(), hidden: 32, dimension: 16, prototypes: 16, crops: 2, frozenPrototypes: 10, iterations });

describe('the collapse monitor is silent about healthy runs of', () => {
  it.each([
    ['Barlow Twins', () => twins(0.05)],
    ['VICReg', () => regularised(25)],
    ['SwAV', () => swapped(3)],
  ])('%s', async (_, method) => {
    expect(await watchToyRun({ method: method() })).toEqual([]);
  });
});

describe('the collapse monitor names', () => {
  it.each([
    ['Barlow Twins with weight 0 for the redundancy', () => twins(0), 'redundant-dimensions', /raise lambda/],
    ['VICReg with weight 0 for the variance', () => regularised(0), 'constant-embedding', /raise the weight of the variance term/],
    ['SwAV without Sinkhorn-Knopp', () => swapped(0), 'prototypes-unused', /use Sinkhorn-Knopp/],
  ])('%s', async (_, method, diagnosis, remedy) => {
    const warnings = await watchToyRun({ method: method(), until: diagnosis });
    expect(warnings.find((warning) => warning.diagnosis === diagnosis)?.message).toMatch(remedy);
  });
});
