import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '@ssl/core';
import { readWeights } from '@ssl/weights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here.js';
import { writeImages } from '../testing/test-images.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../weights/src/__fixtures__/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-import-'));
  await writeImages(join(folder, 'photos'), 12, 24);
  copyFileSync(fixture('dinov2-registers.pth'), join(folder, 'dinov2.pth'));
  copyFileSync(fixture('torchvision-resnet18.pth'), join(folder, 'resnet18.pth'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ssl = (...argv: string[]) => runHere(argv, folder);
const quick = ['--device', 'cpu', '--batch-size', '6', '--epochs', '1', '--no-evaluate', '--workers', '1', '--no-tensorboard'];

describe('weights from elsewhere', () => {
  it('are imported, trained on, resumed and exported', { timeout: 120_000 }, async () => {
    const imported = await ssl('import', 'dinov2.pth', '--heads', '2', '--out', 'backbone.safetensors');
    expect(imported.out).toMatch(/2 blocks, width 16, 2 heads, patches of 6, images of 24, 4 registers, layer scale/);
    expect(imported.code).toBe(0);

    const trained = await ssl('train', '--method', 'simclr', '--init', 'backbone.safetensors', '--data', 'photos', '--name', 'run', ...quick);
    expect(trained.error).toBe('');
    expect(trained.out).toMatch(/init backbone\.safetensors/);
    const { init, imageSize } = JSON.parse(readFileSync(join(folder, 'runs/run/config.json'), 'utf8')) as { init: { from: string }; imageSize: number };
    expect([init.from, imageSize]).toEqual(['dinov2', 24]);

    // The run is complete without the file it started from.
    rmSync(join(folder, 'backbone.safetensors'));
    const resumed = await ssl('train', '--resume', 'runs/run', '--device', 'cpu', '--epochs', '2', '--no-evaluate', '--workers', '1', '--no-tensorboard');
    expect(resumed.error).toMatch(/^Note: the schedules now end at epoch 2 instead of 1: [^\n]*\n$/);
    expect(resumed.out).toMatch(/going on at step 2/);
    const exported = await ssl('export', 'runs/run', '--to', 'timm', '--out', 'timm.safetensors', '--json');
    const event = exported.out.split('\n').filter(Boolean).map((line) => JSON.parse(line) as { event: string; python?: string }).find(({ event: name }) => name === 'exported');
    expect(event?.python).toMatch(/strict=True/);
    const { tensors } = await readSafetensors(join(folder, 'timm.safetensors'));
    const timm = await readWeights(fixture('timm-dinov2-registers.safetensors'));
    expect(Object.entries(tensors).map(([name, { shape }]) => [name, ...shape])).toEqual(
      Object.entries(timm.tensors).filter(([name]) => !name.startsWith('head.')).map(([name, { shape }]) => [name, ...shape]),
    );
  });

  it('a .pth file is trained on directly, and the checkpoint is a whole recipe card', { timeout: 60_000 }, async () => {
    const trained = await ssl('train', '--method', 'simclr', '--init', 'resnet18.pth', '--data', 'photos', '--image-size', '32', '--name', 'direct', ...quick);
    expect(trained.error).toBe('');
    expect(trained.out).toMatch(/names of torchvision/);
    const folderOfRun = join(folder, 'runs/direct/checkpoints');
    const [file] = readdirSync(folderOfRun);
    const { metadata, tensors } = await readSafetensors(join(folderOfRun, file!));
    const { config } = JSON.parse(metadata.ssl!) as { config: Record<string, Record<string, unknown>> };
    expect(config.fingerprint).toMatchObject({ images: 12, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string });
    expect(config.transforms).toMatchObject({ views: 2, preset: 'simclr', normalization: { mean: [0.485, 0.456, 0.406] } });
    expect(config.metrics).toMatchObject({ loss: expect.any(Number) as number, learningRate: expect.any(Number) as number });
    expect(config.init).toMatchObject({ from: 'torchvision', backbone: { kind: 'resnet', name: 'resnet18' } });
    for (const part of ['params/backbone.', 'params/', 'optimizer/']) expect(Object.keys(tensors).some((name) => name.startsWith(part)), part).toBe(true);
  });

  it('says what is wrong', { timeout: 60_000 }, async () => {
    const [noHeads, noFile, twice] = await Promise.all([
      ssl('import', 'dinov2.pth'),
      ssl('train', '--init', 'none.pth', '--data', 'photos', ...quick),
      ssl('train', '--init', 'resnet18.pth', '--network', 'resnet18', '--data', 'photos', ...quick),
    ]);
    expect([noHeads.code, noFile.code, twice.code]).toEqual([1, 2, 2]);
    expect(noHeads.error).toMatch(/width of 16.*--heads/);
    expect(noFile.error).toMatch(/none\.pth is not there/);
    expect(twice.error).toMatch(/Leave out --network/);
  });
});
