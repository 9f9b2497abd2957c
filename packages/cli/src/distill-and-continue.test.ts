import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@ssl/core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runHere, type HereResult } from './testing/run-here.js';
import { writeImages } from './testing/test-images.js';
import { findRun } from './run/find-run.js';
import type { RunDescription } from './run/run-description.js';

// Each test starts processes of its own, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder = '';
const common = ['--data', './photos', '--epochs', '1', '--device', 'cpu', '--no-evaluate', '--monitor-every', '0'];
const heads = ['--outputs', '8', '--patch-outputs', '8', '--hidden', '16', '--bottleneck', '8'];
const fresh = [...common, '--image-size', '16', '--batch-size', '4'];
const vit = (width: string) => ['--network', 'vit-tiny', '--width', width, ...fresh];
const ssl = (...argv: string[]): Promise<HereResult> => runHere(argv, folder);
const description = (run: string) => JSON.parse(readFileSync(join(folder, 'runs', run, 'config.json'), 'utf8')) as RunDescription;
const shapeOf = async (run: string, path: string) =>
  (await readSafetensors(join(folder, 'runs', run, 'checkpoints', 'step-00000002.safetensors'))).tensors[path]?.shape;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-distil-'));
  await writeImages(join(folder, 'photos'), 8);
  // A network of the user's own, which the later runs find without this file.
  const network = "visionTransformer({ name: 'mine', imageSize: 16, patchSize: 2, width: 128, depth: 2, heads: 2 })";
  writeFileSync(join(folder, 'large.config.ts'), `import { visionTransformer } from '@ssl/core';\nexport default { network: ${network} };\n`);
  const { code, error } = await ssl('train', '--method', 'dinov2', '--name', 'large', '--config', 'large.config.ts', ...fresh, ...heads);
  expect(code, error).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a smaller student learns from a frozen run, and embeds without it', async () => {
  const { code, error } = await ssl('train', '--method', 'dinov2', '--name', 'small', '--teacher', 'runs/large', ...vit('0.34'), ...heads);
  expect(code, error).toBe(0);
  expect(description('small').frozen?.teacher?.description.method).toBe('dinov2');
  expect(await shapeOf('small', 'aux/teacher.network.pos_embed')).toEqual([1, 65, 128]);
  expect(await shapeOf('small', 'aux/average.backbone.pos_embed')).toEqual([1, 65, 64]);
});

test('a last phase at a higher resolution starts with everything of the run, and can be resumed', async () => {
  const { code, error } = await ssl('train', '--name', 'high', '--continue-from', 'runs/large', '--image-size', '24', '--learning-rate', '1e-4', ...common);
  expect(code, error).toBe(0);
  const high = description('high');
  expect(high).toMatchObject({ method: 'dinov2', imageSize: 24, batchSize: 4, methodOptions: { outputs: 8, learningRate: 1e-4 } });
  expect(high.init).toMatchObject({ continued: { method: 'dinov2', imageSize: 16, step: 2 } });
  expect(high.init?.file).toBe(join(folder, 'runs', 'large', 'checkpoints', 'step-00000002.safetensors'));
  for (const path of ['params/backbone.pos_embed', 'aux/teacher.backbone.pos_embed']) expect(await shapeOf('high', path), path).toEqual([1, 145, 128]);
  // Stopped before it saved anything, it starts again from the same weights.
  const { folder: place, checkpoint } = findRun('runs/high', folder, folder);
  const first = readFileSync(checkpoint!);
  rmSync(place.checkpoints, { recursive: true });
  const again = await ssl('train', '--resume', 'runs/high', ...common.slice(4));
  expect(again.code, again.error).toBe(0);
  expect(readFileSync(checkpoint!).equals(first)).toBe(true);
  const resumed = await ssl('train', '--resume', 'runs/high', '--epochs', '2', ...common.slice(4));
  expect(resumed.code, resumed.error).toBe(0);
  expect(description('high')).toMatchObject({ epochs: 2, init: { continued: { step: 2 } } });
});

test('what --continue-from needs is said', async () => {
  const [short, other, twice] = await Promise.all([
    // Before the data is looked at.
    ssl('train', '--continue-from', 'runs/large', '--data', './nowhere', '--image-size', '24', '--device', 'cpu'),
    ssl('train', '--continue-from', 'runs/large', '--method', 'ibot', '--epochs', '1', '--device', 'cpu'),
    ssl('train', '--continue-from', 'runs/large', '--resume', 'runs/large'),
  ]);
  expect(short.error).toMatch(/Say how long it is: --epochs N/);
  expect(other.error).toMatch(/which dinov2 trained and ibot does not have.*--init runs\/large/);
  expect(twice.error).toMatch(/Give one of them/);
  expect([short.code, other.code, twice.code]).toEqual([2, 2, 2]);
});
