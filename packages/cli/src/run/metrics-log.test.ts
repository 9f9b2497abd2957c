import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunInfo, StepEvent } from '@ssl/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { metricsLog, readMetrics } from './metrics-log.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-metrics-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const info = (firstStep: number): RunInfo => ({ method: 'm', optimizer: 'sgd', firstStep, totalSteps: 6, stepsPerEpoch: 3, batchSize: 2, views: 2, accumulate: 1, seed: 0, parameters: 1 });
const step = (number: number): StepEvent => ({ step: number, totalSteps: 6, epoch: 0, loss: number, metrics: { top1: 0.5 }, learningRate: 0.1, weightDecay: 0, gradientNorm: 1, skipped: false, seconds: 2, waitSeconds: 0, imagesPerSecond: 10, remainingSeconds: 1 });

async function play(path: string, first: number, last: number): Promise<void> {
  const hook = metricsLog(path, (message) => {
    throw new Error(message);
  });
  await hook.onStart?.(info(first));
  for (let number = first + 1; number <= last; number++) await hook.onStep?.(step(number));
}

test('a resumed run has every step once, and its time adds up', async () => {
  const path = join(folder, 'metrics.jsonl');
  await play(path, 0, 4);
  appendFileSync(path, '{"step": 5, "lo'); // killed while writing
  await play(path, 2, 6);
  const rows = readMetrics(path);
  expect(rows.map((row) => row.step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(rows.map(({ elapsed }) => elapsed)).toEqual([2, 4, 6, 8, 10, 12]);
  expect(rows[0]?.metrics).toEqual({ top1: 0.5 });
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(7);
});

test('what cannot be written is told once and does not end the run', async () => {
  const problems: string[] = [];
  const hook = metricsLog(join(folder, 'absent', 'metrics.jsonl'), (message) => problems.push(message));
  await hook.onStart?.(info(0));
  await hook.onStep?.(step(1));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(/could not be written .*training goes on/);
});
