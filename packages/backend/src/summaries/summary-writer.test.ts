import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useBackend } from '../use-backend.js';
import { summaryWriter } from './summary-writer.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-summaries-'));

beforeAll(() => useBackend({ device: 'cpu' }));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('writes an event file that holds names and values, and leaves no tensor behind', () => {
  const before = tf.memory().numTensors;
  const writer = summaryWriter(folder);
  for (let step = 1; step <= 50; step++) writer.scalar('train/loss', 0.5, step);
  writer.close();
  expect(tf.memory().numTensors).toBe(before);

  const files = readdirSync(folder);
  expect(files).toHaveLength(1);
  const bytes = readFileSync(join(folder, files[0] ?? ''));
  expect(bytes.toString('latin1').split('train/loss')).toHaveLength(51);
  // Each record of an event file: length (8 bytes), its checksum (4), data, the data's checksum (4).
  let records = 0;
  for (let at = 0; at < bytes.length; records++) at += 16 + Number(bytes.readBigUInt64LE(at));
  expect(records).toBeGreaterThanOrEqual(51); // the version record comes first
});

test('a folder that cannot be made is an error with the reason', () => {
  expect(() => summaryWriter(join(folder, readdirSync(folder)[0] ?? '', 'below-a-file'))).toThrow(/directory|exists/i);
});

test('pictures go into the event file as PNG, and bytes that do not fit are explained', () => {
  const pictures = join(folder, 'pictures');
  const before = tf.memory().numTensors;
  const writer = summaryWriter(pictures);
  const pixels = Uint8Array.from({ length: 2 * 4 * 5 * 3 }, (_, i) => i);
  writer.image('train/views', { pixels, shape: [2, 4, 5, 3] }, 7);
  expect(() => writer.image('x', { pixels, shape: [2, 4, 3, 5] }, 7)).toThrow(/1, 3 or 4 channels, got \[2, 4, 3, 5\]/);
  expect(() => writer.image('x', { pixels, shape: [3, 4, 5, 3] }, 7)).toThrow(/got \[3, 4, 5, 3\] and 120 bytes/);
  writer.close();
  expect(tf.memory().numTensors).toBe(before);
  const bytes = readFileSync(join(pictures, readdirSync(pictures)[0] ?? '')).toString('latin1');
  expect(bytes).toContain('train/views/image/0');
  expect(bytes.split('\x89PNG')).toHaveLength(3);
});
