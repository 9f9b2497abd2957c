import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { configOfRun } from './config-of-run.js';
import { findRun } from './find-run.js';
import type { RunDescription } from './run-description.js';
import { changedSettings, checkResumed } from './resumed-settings.js';
import type { SslConfig } from '../config/config-schema.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-resumed-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function resumed(more: object) {
  const run = join(folder, 'runs', 'one');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'config.json'), JSON.stringify({ format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'small-conv', data: 'photos', ...more }));
  return configOfRun('runs/one', folder, { compiler: 'auto' });
}

test('a resumed run is compiled as it was, whatever the file says now', () => {
  expect(resumed({ compiler: 'xla' }).compiler).toBe('xla');
  expect(resumed({ compiler: 'graph' }).compiler).toBe('graph');
});

test('a run of an earlier version, which does not say, is compiled as the file says', () => {
  expect(resumed({}).compiler).toBe('auto');
});

test('what a configuration says otherwise is not taken over', () => {
  const config = resumed({ imageSize: 16 });
  expect(config.imageSize).toBe(16);
  const run = join(folder, 'runs', 'one');
  writeFileSync(join(run, 'config.json'), JSON.stringify({ format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'small-conv', data: 'photos' }));
  const file: SslConfig = { optimizer: { learningRate: 1 }, init: 'a.pth', split: 'test', background: 'black', dataWeights: [1], augmentation: 'cifar10', teacher: 'runs/x', threads: 3, checkpoint: { keep: 4 } };
  const taken = configOfRun('runs/one', folder, file);
  expect(Object.keys(taken).filter((key) => key in file)).toEqual(['threads', 'checkpoint']);
});

describe('a resumed run', () => {
  const description = {
    format: 'ssl-run/1', method: 'simclr', methodOptions: { temperature: 0.1, learningRate: 0.002 }, network: 'small-conv', width: 1, stem: 'cifar', imageSize: 16, channels: 3, batchSize: 4, accumulate: 1,
    epochs: 2, seed: 0, smallData: true, optimizer: { clipNorm: 1 }, precision: 'float32', compiler: 'graph', data: '/d/photos', dataName: 'photos', datasetSize: 8, stepsPerEpoch: 2, totalSteps: 4,
    init: { file: '/w/a.pth', sha256: '', from: 'timm', root: '', backbone: {} as never },
    frozen: { teacher: { checkpoint: '/r/big/checkpoints/step-00000004.safetensors', description: {} as RunDescription } },
  } as const satisfies RunDescription;
  const run = () => {
    const path = join(folder, 'runs', 'two');
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...description, attempts: [] }));
    return findRun('runs/two', folder, folder);
  };

  test('takes what does not change it, and its own values', () => {
    const given: SslConfig = {
      epochs: 9, data: 'elsewhere', device: 'cpu', threads: 1, workers: 1, checkpoint: { keep: 5 }, output: 'x', monitorEvery: 1, tensorboard: false, evaluate: false, recompute: true,
      method: 'simclr', methodOptions: { temperature: 0.1 }, network: 'small-conv', width: 1, imageSize: 16, batchSize: 4, accumulate: 1, seed: 0, smallData: true, optimizer: { clipNorm: 1 }, precision: 'float32', compiler: 'auto',
      init: '/w/a.pth', teacher: '/r/big', split: 'train', background: 'white', name: 'two', labels: true,
    };
    expect(changedSettings(run(), { ...given, data: '/d/photos', epochs: 2 }, folder)).toEqual([]);
    expect(() => checkResumed(run(), given, folder)).not.toThrow();
  });

  test.each<[string, SslConfig]>([
    ['--image-size 32 (the run: 16)', { imageSize: 32 }],
    ['--batch-size 8 (the run: 4)', { batchSize: 8 }],
    ['--accumulate 2 (the run: 1)', { accumulate: 2 }],
    ['--seed 1 (the run: 0)', { seed: 1 }],
    ['--no-small-data (the run: true)', { smallData: false }],
    ['--precision bfloat16 (the run: float32)', { precision: 'bfloat16' }],
    ['--compiler xla (the run: graph)', { compiler: 'xla' }],
    ['--optimizer.learning-rate 1 (the run: as the method has it)', { optimizer: { learningRate: 1 } }],
    ['--optimizer.clip-norm 2 (the run: 1)', { optimizer: { clipNorm: 2 } }],
    ['--temperature 0.2 (the run: 0.1)', { methodOptions: { temperature: 0.2 } }],
    ['--method byol (the run: simclr)', { method: 'byol' }],
    ['--network resnet18 (the run: small-conv)', { network: 'resnet18' }],
    ['--init b.pth (the run: /w/a.pth)', { init: 'b.pth' }],
    ['--teacher /r/other (the run: /r/big/checkpoints/step-00000004.safetensors)', { teacher: '/r/other' }],
    ['--augmentation ', { augmentation: 'cifar10' }],
    ['--split test (the run: train)', { split: 'test' }],
    ['--background random (the run: white)', { background: 'random' }],
    ['--data-weights 1,2 (the run: none)', { dataWeights: [1, 2] }],
    ['--name other (the run: two)', { name: 'other' }],
    ['--channels 1 (the run: 3)', { channels: 1 }],
  ])('refuses %s', (said, given) => {
    expect(() => checkResumed(run(), given, folder)).toThrow(`of another run would be ${said}`);
  });

  test('what takes the settings instead is said', () => {
    expect(() => checkResumed(run(), { imageSize: 32, smallData: false }, folder)).toThrow(/--continue-from .*two --epochs N --image-size 32 --no-small-data\. --resume takes --epochs, --data .*--checkpoint\.keep/);
    expect(() => checkResumed(run(), { method: 'byol' }, folder)).toThrow(/--init .*two --data … --method byol/);
    expect(() => checkResumed(run(), { width: 2 }, folder)).toThrow(/Leave it out, or start a new run without --resume/);
  });
});
