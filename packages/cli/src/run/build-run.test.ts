import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@ssl/backend';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildRun } from './build-run.js';
import type { VisionTransformer } from '@ssl/core';
import { simclrPlugin } from '@ssl/contrastive';
import { describeRun, type RunDescription } from './run-description.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-build-run-'));
beforeAll(() => useBackend({ device: 'js' }));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const description: RunDescription = {
  format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'mine', width: 1, stem: 'cifar', imageSize: 8, channels: 3, batchSize: 4, accumulate: 1,
  epochs: 1, seed: 0, smallData: true, precision: 'float32', data: 'test', dataName: 'test', datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2,
};

test('a network of ssl.config is found by its name where no command hands it on: evaluation, and runs that a run learns from', async () => {
  await expect(buildRun(description, folder)).rejects.toThrow("network 'mine', which ssl.config.ts must give");
  writeFileSync(join(folder, 'ssl.config.mjs'), "export default { network: { name: 'mine', featureDimension: 5, init: () => ({ params: {}, buffers: {} }), forward: () => undefined } };");
  expect((await buildRun(description, folder)).backbone).toMatchObject({ name: 'mine', featureDimension: 5 });
  await expect(buildRun({ ...description, network: 'other' }, folder)).rejects.toThrow("network 'other'");
});

test('a Vision Transformer keeps its patches: a run says them, and one of an earlier version, which does not, gets those of its time', async () => {
  const patches = async (run: RunDescription) => ((await buildRun(run, folder)).backbone as VisionTransformer).options.patchSize;
  const settings = { network: 'vit-tiny', width: 1, stem: 'cifar', imageSize: 33, channels: 3, batchSize: 4, accumulate: 1, epochs: 1, seed: 0, smallData: true } as const;
  const described = describeRun({ ...description, method: { plugin: simclrPlugin as never, reference: 'simclr' }, settings });
  expect([described.patchSize, await patches(described)]).toEqual([3, 3]);
  const earlier = JSON.parse(JSON.stringify({ ...described, patchSize: undefined })) as RunDescription;
  expect(await patches(earlier)).toBe(1);
  expect(describeRun({ ...description, method: { plugin: simclrPlugin as never, reference: 'simclr' }, settings: { ...settings, network: 'small-conv', patchSize: 1 } })).not.toHaveProperty('patchSize');
});
