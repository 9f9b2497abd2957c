import type { StepEvent } from '@ssl/core';
import { expect, test } from 'vitest';
import { memoryStreams } from '../testing/memory-output.js';
import { formatBytes, formatCount, formatDuration, formatNumber } from './format.js';
import { createOutput } from './output.js';
import { progressHook } from './progress-hook.js';

const run = { method: 'simclr', optimizer: 'adamw', firstStep: 0, totalSteps: 40, stepsPerEpoch: 10, batchSize: 64, views: 2, accumulate: 1, seed: 0, parameters: 12_345 };

function step(number: number, more: Partial<StepEvent> = {}): StepEvent {
  const timing = { seconds: 0.1, waitSeconds: 0, imagesPerSecond: 1234.4, remainingSeconds: 95 };
  return { step: number, totalSteps: 40, epoch: Math.floor((number - 1) / 10), loss: 3.5, metrics: {}, learningRate: 0.1, weightDecay: 0, gradientNorm: 1, skipped: false, ...timing, ...more };
}

const embedding = { spread: 0.1, spreadReference: 0.125, effectiveRank: 20, dimension: 64 };

test('in a pipe there are lines without any control character', async () => {
  const streams = memoryStreams(false);
  const output = createOutput({}, streams);
  let now = 0;
  const hook = progressHook(output, () => now);
  await hook.onStart?.(run);
  for (let number = 1; number <= 40; number++) {
    now += 1000;
    await hook.onStep?.(step(number, number === 10 ? { embedding } : {}));
  }
  await hook.onEnd?.({ status: 'finished', step: 40, seconds: 4, state: { params: {}, aux: {} } });
  output.line(output.bold('bold'));
  // eslint-disable-next-line no-control-regex
  expect(streams.text()).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  const lines = streams.text().trim().split('\n');
  expect(lines[0]).toBe('Training simclr: 40 steps of 64 images, 12,345 parameters.');
  expect(lines[1]).toBe('epoch 1/4  step 1/40  loss 3.500  1,234 images/s  1 min 35 s left');
  expect(lines.at(-2)).toContain('epoch 4/4  step 40/40  loss 3.500  1,234 images/s  spread 0.8 of 1');
  expect(lines).toHaveLength(11); // the first step, every fifth second, the last step, the bold line
});

test('in a terminal one block is redrawn', async () => {
  const streams = memoryStreams(true);
  const output = createOutput({}, streams);
  let now = 0;
  const hook = progressHook(output, () => now);
  await hook.onStart?.(run);
  for (let number = 1; number <= 3; number++) {
    now += 1000;
    await hook.onStep?.(step(number));
  }
  await hook.onEnd?.({ status: 'finished', step: 3, seconds: 4, state: { params: {}, aux: {} } });
  expect(streams.text()).toContain('\u001b[');
  expect(streams.text()).toContain('step 3/40');
});

test('json is one object on a line, and nothing else', async () => {
  const streams = memoryStreams(true);
  const output = createOutput({ json: true }, streams);
  const hook = progressHook(output);
  await hook.onStart?.(run);
  await hook.onStep?.(step(1));
  await hook.onWarning?.({ kind: 'collapse', step: 1, message: 'flat' });
  output.line('words');
  output.result('words');
  const events = streams.text().trim().split('\n').map((line) => JSON.parse(line) as { event: string });
  expect(events.map(({ event }) => event)).toEqual(['start', 'step', 'warning']);
  expect(streams.errors()).toBe('Warning (step 1): flat\n');
});

test('quiet prints results and warnings only', () => {
  const streams = memoryStreams(true);
  const output = createOutput({ quiet: true }, streams);
  output.line('information');
  output.result('result');
  output.warn('warning');
  output.live('block');
  expect(streams.text()).toBe('result\n');
  expect(streams.errors()).toBe('warning\n');
});

test('numbers for people', () => {
  expect([5, 75, 5400, Number.NaN].map(formatDuration)).toEqual(['5 s', '1 min 15 s', '1 h 30 min', '?']);
  expect(formatCount(1_234_567.4)).toBe('1,234,567');
  expect([0.03125678, 2.9141, 12_345, 0.00001, Number.POSITIVE_INFINITY].map(formatNumber)).toEqual(['0.03126', '2.914', '12345', '1.00e-5', 'Infinity']);
  expect([1500, 1_500_000, 2.5e9].map(formatBytes)).toEqual(['2 kB', '1.5 MB', '2.5 GB']);
});
