import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ImageList } from './data-fingerprint.js';
import { newestCheckpoint } from './find-run.js';
import type { RunAttempt, RunDescription, RunRecord } from './run-description.js';
import { runFolder, type RunFolder } from './run-folder.js';
import { readImageList, runRecord } from './run-record.js';

let folder: RunFolder;
beforeEach(() => {
  folder = runFolder(mkdtempSync(join(tmpdir(), 'ssl-record-')));
  mkdirSync(folder.checkpoints);
});
afterEach(() => {
  rmSync(folder.path, { recursive: true });
});

const images: ImageList = { format: 'ssl-images/1', size: 1, channels: 3, classes: [], names: ['a.png'], labels: [-1], stamps: ['1'], contents: ['ab'] };
const earlier: RunAttempt = { startedAt: '2026-01-01T00:00:00.000Z', fromStep: 0, epochs: 2, data: '/old' };
const name = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`;
const record = (): RunRecord => JSON.parse(readFileSync(folder.config, 'utf8')) as RunRecord;

/** Plays an attempt from one step on, which saves after others. */
async function attempt(epochs: number, from: number, saved: readonly number[], attempts: readonly RunAttempt[] = [earlier]): Promise<string[]> {
  const notes: string[] = [];
  const hook = runRecord({ folder, description: { format: 'ssl-run/1', epochs, data: '/new' } as RunDescription, images, attempts, note: (message) => notes.push(message) });
  await hook.onStart?.({ firstStep: from } as never);
  for (const step of saved) {
    writeFileSync(join(folder.checkpoints, name(step)), String(epochs));
    await hook.onCheckpoint?.({ step } as never);
  }
  return notes;
}

test('a new run is written down at its start', async () => {
  await attempt(2, 0, [], []);
  expect(record()).toMatchObject({ epochs: 2, attempts: [{ fromStep: 0, epochs: 2, data: '/new' }] });
  expect(readImageList(folder)).toEqual(images);
});

test('a resumed attempt changes nothing until it has saved something, and what was before it stays written', async () => {
  writeFileSync(folder.config, JSON.stringify({ epochs: 2, data: '/old', attempts: [earlier] }));
  const before = readFileSync(folder.config, 'utf8');
  await attempt(3, 4, []);
  expect(readFileSync(folder.config, 'utf8')).toBe(before);
  expect(existsSync(folder.images)).toBe(false);
  await attempt(3, 4, [6]);
  expect(record()).toMatchObject({ epochs: 3, attempts: [earlier, { fromStep: 4, epochs: 3, data: '/new' }] });
});

test('from an older checkpoint, those of the abandoned line go aside when the new line has one', async () => {
  for (const step of [4, 8, 12]) writeFileSync(join(folder.checkpoints, name(step)), 'old');
  writeFileSync(join(folder.checkpoints, `.${name(12)}.1a2b3c4d.partial`), 'cut');
  await attempt(3, 4, []);
  expect(readdirSync(folder.checkpoints).sort()).toEqual([name(4), name(8), name(12)]);
  const notes = await attempt(3, 4, [8]);
  expect(readdirSync(folder.checkpoints).sort()).toEqual([name(4), name(8), `${name(12)}.aside`]);
  expect(notes.join()).toMatch(/went on from step 4: step-00000012\.safetensors of before is kept as \.aside/);
  expect(newestCheckpoint(folder.checkpoints)).toBe(join(folder.checkpoints, name(8)));
});
