import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runCli } from './testing/run-cli.js';
import { writeImages } from './testing/test-images.js';

// Each test starts a process of its own, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

let folder = '';
const endless = ['train', '--data', './photos', '--json', '--width', '0.25', '--image-size', '16', '--batch-size', '4', '--epochs', '5000', '--checkpoint.every-epochs', '5000', '--no-tensorboard', '--device', 'cpu'];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-ends-'));
  await writeImages(join(folder, 'photos'), 8);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['the reader of its output goes', 'reader', 141, /Standard output was closed \(EPIPE\)\. Stopping after this step; a checkpoint is saved\.[^]*Interrupted at step \d+\. Saved: .*\nGo on with: ssl train --resume runs\/reader/],
  ['a scheduler warns with SIGUSR1', 'warned', 138, /^(?![^]*Debugger)[^]*SIGUSR1\. Stopping after this step; a checkpoint is saved\./],
] as const)('a run is saved when %s', async (_, name, code, said) => {
  let done = false;
  const ended = await runCli([...endless, '--name', name], {
    folder,
    watch: (out, kill, stopReading) => {
      if (done || !out.includes('"step":5,')) return;
      done = true;
      if (name === 'reader') stopReading();
      else kill('SIGUSR1');
    },
  });
  expect(ended.code, ended.error).toBe(code);
  expect(ended.error).toMatch(said);
  expect(readdirSync(join(folder, 'runs', name, 'checkpoints'))).toEqual([expect.stringMatching(/^step-\d{8}\.safetensors$/)]);
});
