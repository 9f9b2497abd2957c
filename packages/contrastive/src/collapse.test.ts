import { useBackend } from '@ssl/backend';
import { constant, smallConvNet } from '@ssl/core';
import { watchToyRun } from '@ssl/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { mochi, mocoV2 } from './moco.js';
import { mocoV3 } from './moco-v3.js';
import { simclr } from './simclr.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });
const small = (temperature: number) => simclr({ backbone: backbone(), dimension: 16, projectorLayers: 2, temperature });
const moco = (temperature: number) =>
  mocoV2({ backbone: backbone(), dimension: 16, queue: 128, shuffleGroups: 1, momentum: constant(0.99), temperature });

describe('the collapse monitor is silent about healthy runs of', () => {
  it.each([
    ['MoCHi', () => mochi({ backbone: backbone(), dimension: 16, queue: 128, shuffleGroups: 1, momentum: constant(0.99), temperature: 0.2, mixing: { hardest: 16, mixed: 8, mixedWithQuery: 4 } })],
    ['MoCo v3', () => mocoV3({ backbone: backbone(), hidden: 32, dimension: 16, temperature: 0.2, momentum: constant(0.97) })],
  ])('%s', async (_, method) => {
    expect(await watchToyRun({ method: method() })).toEqual([]);
  });
});

describe('the collapse monitor', () => {
  it.each([
    ['SimCLR', small],
    ['MoCo', moco],
  ])('is silent about a healthy run of %s and names a temperature that is too high', async (_, method) => {
    expect(await watchToyRun({ method: method(0.2) })).toEqual([]);
    const warnings = await watchToyRun({ method: method(10) });
    expect(warnings.map(({ diagnosis }) => diagnosis)).toEqual(['temperature-too-high']);
    expect(warnings[0]!.message).toMatch(/at a temperature of 10 .*To change: lower the temperature/s);
  });
});
