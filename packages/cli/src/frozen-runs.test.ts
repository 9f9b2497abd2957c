import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runHere, type HereResult } from './testing/run-here.js';
import { writeImages } from './testing/test-images.js';

// Each test starts processes of its own, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder = '';
const common = ['--data', './photos', '--image-size', '16', '--batch-size', '4', '--epochs', '1', '--device', 'cpu', '--no-evaluate', '--monitor-every', '0'];
const vit = ['--network', 'vit-tiny', '--width', '0.34'];
const ssl = (...argv: string[]): Promise<HereResult> => runHere(argv, folder);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-frozen-'));
  await writeImages(join(folder, 'photos'), 8);
  const { code, error } = await ssl('train', '--method', 'dvae', '--name', 'dvae', '--vocabulary', '16', '--stride', '2', ...common);
  expect(code, error).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('BEiT learns from a tokenizer of another run, and goes on to be used without it', async () => {
  const trained = await ssl('train', '--method', 'beit', '--name', 'beit', '--tokenizer', 'runs/dvae', ...vit, ...common);
  expect(trained.code, trained.error).toBe(0);
  const config = JSON.parse(readFileSync(join(folder, 'runs/beit/config.json'), 'utf8')) as { frozen: { tokenizer: { description: { method: string } } } };
  expect(config.frozen.tokenizer.description.method).toBe('dvae');
  const taught = await ssl('train', '--method', 'vq-kd', '--name', 'vqkd', '--teacher', 'runs/beit', '--vocabulary', '16', ...vit, ...common);
  expect(taught.code, taught.error).toBe(0);
  rmSync(join(folder, 'runs/dvae'), { recursive: true });
  const embedded = await ssl('embed', 'runs/beit', '--out', 'vectors.csv', '--device', 'cpu');
  expect(embedded.code, embedded.error).toBe(0);
  expect(readFileSync(join(folder, 'vectors.csv'), 'utf8').trim().split('\n')).toHaveLength(9);
  const resumed = await ssl('train', '--resume', 'runs/beit', '--epochs', '2', '--device', 'cpu', '--no-evaluate');
  expect(resumed.code, resumed.error).toBe(0);
});

test('what is missing or too much is said', async () => {
  const without = await ssl('train', '--method', 'beit', ...vit, ...common);
  expect(without.code).not.toBe(0);
  expect(without.error).toMatch(/beit needs a tokenizer that was trained first, got none.*--tokenizer runs\/NAME/s);
  const much = await ssl('train', '--method', 'simmim', '--tokenizer', 'runs/beit', ...vit, ...common);
  expect(much.code).not.toBe(0);
  expect(much.error).toMatch(/simmim takes no --tokenizer\. Leave it out/);
});
