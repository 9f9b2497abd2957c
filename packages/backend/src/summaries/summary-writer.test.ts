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
