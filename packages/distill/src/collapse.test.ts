import { useBackend } from '@ssl/backend';
import { constant, smallConvNet } from '@ssl/core';
import { watchToyRun } from '@ssl/core/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { byol } from './byol.js';
import { dino, type DinoOptions } from './dino.js';
import { simsiam } from './simsiam.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });
const siamese = (stopGradient: boolean) => simsiam({ backbone: backbone(), dimension: 32, layers: 2, bottleneck: 8, stopGradient });
const latent = (momentum: number, predictor: boolean) =>
  byol({ backbone: backbone(), hidden: 32, dimension: 16, momentum: constant(momentum), predictor });
// Weights of .02, the papers', are for a warm-up: at a rate of 3e-3 from the first step on Adam makes them new within ten steps, all along
// one gradient, and the outputs end on a line.
const distilled = (options: Partial<DinoOptions>) =>
  dino({ backbone: backbone(), hidden: 32, layers: 2, bottleneck: 16, outputs: 32, crops: 2, momentum: constant(0.97), headDeviation: 0, ...options });

describe('the collapse monitor is silent about healthy runs of', () => {
  it.each([
    ['SimSiam', () => siamese(true)],
    ['BYOL', () => latent(0.99, true)],
    ['DINO', () => distilled({})],
    ['DINO with batch norm', () => distilled({ batchNorm: true })],
  ])('%s', async (_, method) => {
    expect(await watchToyRun({ method: method() })).toEqual([]);
  });
});

describe('the collapse monitor names', () => {
  it.each([
    ['SimSiam without stop-gradient', () => siamese(false), 'constant-embedding', /keep the stop-gradient/],
    ['BYOL without predictor', () => latent(0.9, false), 'constant-embedding', /keep the predictor/],
    ['DINO without centring', () => distilled({ centreMomentum: 1 }), 'one-output-teacher', /keep the centring/],
    ['DINO without sharpening', () => distilled({ batchNorm: true, teacherTemperature: () => 0.5 }), 'uniform-teacher', /lower the teacher temperature/],
  ])('%s', async (_, method, diagnosis, remedy) => {
    const warnings = await watchToyRun({ method: method(), until: diagnosis });
    expect(warnings.find((warning) => warning.diagnosis === diagnosis)?.message).toMatch(remedy);
  });
});
