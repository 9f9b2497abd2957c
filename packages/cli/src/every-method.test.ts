import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { readSafetensors } from '@ssl/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { main } from './main.js';
import { installedMethods } from './methods/resolve-method.js';
import { readMetrics } from './run/metrics-log.js';
import { writeImages } from './testing/test-images.js';

vi.setConfig({ testTimeout: 240_000 });

/** What methods say that need more than images: what it is, and the flag and the command that provide it. */
const needed: Readonly<Record<string, RegExp>> = {
  beit: /beit needs a tokenizer .*ssl train --method dvae, .*--tokenizer runs\/NAME/,
  'vq-kd': /vq-kd needs a teacher .*Train one with any method, .*--teacher runs\/NAME/,
  uda: /uda needs data in which some images have labels, .*one folder for each class.*ssl train --method uda --data FOLDER/,
};

const home = process.cwd();
const methods = (await installedMethods(home)).map(({ plugin }) => plugin.name);
let folder = '';
let printed = { out: '', error: '' };

/** `ssl` in this process, which saves the start of twenty others. */
async function ssl(...argv: string[]): Promise<{ code: number; out: string; error: string }> {
  printed = { out: '', error: '' };
  const code = await main(argv);
  return { code, ...printed };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-every-method-'));
  // Pictures of a few sizes, some in a folder in a folder: no classes.
  await writeImages(join(folder, 'photos'), 3, 40);
  await writeImages(join(folder, 'photos', 'trips', '2024'), 3, 48);
  await writeImages(join(folder, 'photos', 'trips', 'small'), 2, 24);
  process.chdir(folder);
  const collect = (stream: 'out' | 'error') => (text: string | Uint8Array) => {
    printed[stream] += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(collect('out'));
  vi.spyOn(process.stderr, 'write').mockImplementation(collect('error'));
});
afterAll(() => {
  vi.restoreAllMocks();
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

test('methods are installed, and those that need more are among them', () => {
  expect(methods.length).toBeGreaterThan(15);
  expect(methods).toEqual(expect.arrayContaining(Object.keys(needed)));
});

// Not by default: one epoch, and the processor where there is a GPU. Eight images make four batches of two.
const flags = (method: string) => ['train', '--method', method, '--data', 'photos', '--name', method, '--epochs', '1', '--device', 'cpu'];

describe('ssl train --method X --data FOLDER', () => {
  test.each(methods.filter((name) => !(name in needed)))('%s trains, and its checkpoint can be read', async (name) => {
    const { code, error } = await ssl(...flags(name));
    expect(code, error).toBe(0);
    const metrics = readMetrics(join('runs', name, 'metrics.jsonl'));
    expect(metrics.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    for (const { loss } of metrics) expect(Number.isFinite(loss)).toBe(true);
    expect(readdirSync(join('runs', name, 'checkpoints'))).toEqual(['step-00000004.safetensors']);
    const { tensors } = await readSafetensors(join('runs', name, 'checkpoints', 'step-00000004.safetensors'));
    expect(Object.keys(tensors).some((path) => path.startsWith('params/'))).toBe(true);
  });

  test.each(methods.filter((name) => name in needed))('%s says what it needs', async (name) => {
    const { code, error } = await ssl(...flags(name));
    expect(code).toBe(1);
    expect(error).toMatch(needed[name]!);
    expect(existsSync(join('runs', name))).toBe(false);
  });
});
