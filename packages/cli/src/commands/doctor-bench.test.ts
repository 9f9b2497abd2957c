import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { limits } from '../bench/bottleneck.js';
import type { MachineSpeed } from '../bench/bench-machine.js';
import { runCli } from '../testing/run-cli.js';
import { writeImages } from '../testing/test-images.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-doctor-'));
const bench = ['doctor', '--bench', '--bench-seconds', '1', '--image-size', '16', '--batch-size', '8'];

beforeAll(() => writeImages(join(folder, 'photos'), 12));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('doctor --bench --json measures engine, run and loading, and names what limits', { timeout: 120_000 }, async () => {
  const { code, out, error } = await runCli([...bench, '--json', '--data', 'photos', '--precision', 'bfloat16'], { folder, env: { SSL_BACKEND: 'cpu' } });
  // Our note and the library's, where the processor has no bfloat16.
  expect(error.replace(/^(Note: this processor has no AVX-512|E0000 .*oneDNN supports DT_BFLOAT16 only on).*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  const { bench: speed } = JSON.parse(out) as { bench: MachineSpeed };
  const { matrixProduct, convolution, bandwidth, images, expectedImagesPerSecond } = speed;
  const figures = [matrixProduct.float32, matrixProduct.bfloat16, convolution.float32, convolution.bfloat16, bandwidth, images.step, images.augmentation, images.loading];
  for (const figure of figures) expect(figure).toBeGreaterThan(0);
  expect(speed.configuration).toEqual({ method: 'simclr', network: 'small-conv-net', precision: 'bfloat16', imageSize: 16, batchSize: 8 });
  expect(expectedImagesPerSecond).toBe(Math.min(images.step, images.loading));
  expect(speed.loaded).toBe('photos');
  expect(limits).toContain(speed.limit);
  expect(speed.computeShare).toBeGreaterThan(0);
  expect(speed.computeShare).toBeLessThanOrEqual(1);
  // A step makes the views too.
  expect(images.augmentation).toBeGreaterThan(0.5 * images.step);
});

test('doctor --bench prints figures with units for people, on plain JavaScript too, and leaves no generated pictures behind', { timeout: 120_000 }, async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('ssl-bench-'));
  const { code, out } = await runCli(bench, { folder, env: { SSL_BACKEND: 'js' } });
  expect(code).toBe(0);
  expect(out).toMatch(/matrices +[\d.]+ GFLOP\/s float32\n/);
  expect(out).toMatch(/memory +[\d.]+ GB\/s/);
  expect(out).toMatch(new RegExp(`expected +[\\d.]+ images/s, limited by (${limits.join('|')})`));
  expect(out).toMatch(/loading +[\d.]+ images\/s of generated JPEGs of 500 x 375 pixels; name your own with --data/);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('ssl-bench-'))).toEqual(before);
});

test('doctor --bench explains a wrong setting', { timeout: 120_000 }, async () => {
  const { code, error } = await runCli([...bench, '--network', 'resnet19'], { folder, env: { SSL_BACKEND: 'js' } });
  expect(code).not.toBe(0);
  expect(error).toMatch(/resnet18/);
});
