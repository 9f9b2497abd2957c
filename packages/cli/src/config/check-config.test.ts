import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.js';
import { checkConfig } from './check-config.js';
import { configFlags } from './config-flags.js';
import { defineConfig } from './define-config.js';

test('a good configuration comes back as it is', () => {
  const config = defineConfig({ method: 'simclr', data: './photos', epochs: 3, optimizer: { learningRate: 0.1 }, methodOptions: { temperature: 0.2 } });
  expect(checkConfig(config, 'ssl.config.ts')).toEqual(config);
});

test.each([
  [{ epoch: 3 }, /unknown key 'epoch'. Did you mean 'epochs'\?/],
  [{ optimizer: { learningrate: 1 } }, /unknown key 'optimizer.learningrate'. Did you mean 'learningRate'\?/],
  [{ zzzzzzz: 3 }, /unknown key 'zzzzzzz'. Known are method, /],
  [{ epochs: 0 }, /'epochs': needs at least 1, got 0/],
  [{ epochs: 1.5 }, /'epochs': needs a whole number, got 1.5/],
  [{ epochs: '3' }, /'epochs': needs a value of type number, got '3'/],
  [{ device: 'gpu' }, /'device': needs one of auto, cuda, cpu, webgpu, wasm, js, got 'gpu'/],
  [{ network: 'resnet19' }, /'network': needs one of small-conv, resnet18, resnet34, resnet50, vit-tiny, vit-small, vit-base, got 'resnet19'/],
  [{ optimizer: { learningRate: 0 } }, /'optimizer.learningRate': needs more than 0, got 0/],
  [{ name: 'a/b' }, /'name': needs letters, digits, dots, dashes and underscores only, got 'a\/b'/],
  ['text', /the configuration: needs a value of type object, got 'text'/],
])('%j is refused with the reason', (config, message) => {
  expect(() => checkConfig(config, 'ssl.config.ts')).toThrow(UsageError);
  expect(() => checkConfig(config, 'ssl.config.ts')).toThrow(message);
});

test('all mistakes are listed at once, and flags are called by their name', () => {
  expect(() => checkConfig({ batchSize: 1, seed: -1 }, 'the command line')).toThrow(/--batch-size: needs at least 2, got 1\.\n {2}--seed: needs at least 0/);
});

test('every key that is no object or list of options has a flag', () => {
  const keys = configFlags().map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining(['method', 'data', 'network', 'channels', 'epochs', 'optimizer.name', 'optimizer.learningRate', 'checkpoint.keep', 'tensorboard']));
  for (const { flag, description } of configFlags()) {
    expect(flag).toMatch(/^--[a-z][a-z.-]*$/);
    expect(description, flag).not.toBe('');
  }
});
