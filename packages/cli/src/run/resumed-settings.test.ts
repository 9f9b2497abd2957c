import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configOfRun } from './config-of-run.js';

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
