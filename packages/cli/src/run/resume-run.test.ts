import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@ssl/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createOutput } from '../progress/output.js';
import { memoryStreams } from '../testing/memory-output.js';
import type { FoundRun } from './find-run.js';
import { resumedStep } from './resume-run.js';
import type { RunDescription } from './run-description.js';
import { runFolder } from './run-folder.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-resumed-step-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const description = { method: 'simclr', methodOptions: { temperature: 0.1 }, imageSize: 16, batchSize: 4, epochs: 3, stepsPerEpoch: 2 } as unknown as RunDescription;

/** What a run of some description gives whose checkpoint of step 5 says `card`. */
function step(card: object, own: object = {}, given: object = {}, file: object = {}): { promise: Promise<number>; warnings: () => string } {
  const checkpoint = join(folder, 'step-00000009.safetensors'); // the name does not decide
  writeFileSync(checkpoint, encodeSafetensors({}, { ssl: JSON.stringify({ format: 'ssl-checkpoint/1', step: 5, config: { ...description, ...card } }) }));
  const streams = memoryStreams(false);
  const run: FoundRun = { folder: runFolder(folder), description: { ...description, ...own }, attempts: [], isSearch: false, checkpoint };
  return { promise: resumedStep(run, given, { folder, output: createOutput({}, streams), file: { config: file, path: join(folder, 'ssl.config.ts') } }), warnings: streams.errors };
}

test('goes on at the step of the checkpoint, with a longer plan than that of the checkpoint too', async () => {
  expect(await step({}, { epochs: 7 }).promise).toBe(5);
});

test.each<[string, object, object, RegExp]>([
  ['an edited config.json', {}, { imageSize: 32 }, /was trained with imageSize 16 \(config\.json: 32\): it is of another run, or .*config\.json was edited/],
  ['a setting that was edited in', {}, { optimizer: { learningRate: 1 } }, /trained with optimizer null \(config\.json: {"learningRate":1}\)/],
  ['a checkpoint of another run', { methodOptions: { temperature: 0.5 } }, {}, /trained with methodOptions {"temperature":0.5} \(config\.json: {"temperature":0.1}\)/],
])('%s is noticed', async (_, card, own, said) => {
  await expect(step(card, own).promise).rejects.toThrow(said);
});

test('fewer epochs than are done are refused with the least that goes', async () => {
  await expect(step({}, {}, { epochs: 2 }).promise).rejects.toThrow(/has done 5 steps, which is more than --epochs 2: 4\. Give --epochs 3 or more/);
});

test('what the configuration file says otherwise is said; a flag in its place is enough', async () => {
  const { promise, warnings } = step({}, {}, { epochs: 4 }, { epochs: 9, batchSize: 8, threads: 2, imageSize: 16 });
  expect(await promise).toBe(5);
  expect(warnings()).toMatch(/not taken from .*ssl\.config\.ts: batch-size 8 \(the run: 4\)\.\n$/);
});
