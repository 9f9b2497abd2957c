import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SslError } from '@ssl/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './load-config.js';
import { importUserModule } from './import-user-module.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('a TypeScript file is run; its paths are taken from where it lies', async () => {
  mkdirSync(join(folder, 'photos'));
  writeFileSync(
    join(folder, 'ssl.config.ts'),
    `import { defineConfig } from '@ssl/cli';
     const epochs: number = 7;
     export default defineConfig({ data: 'photos', output: 'out', epochs });`,
  );
  const { config, path } = await loadConfig(folder);
  expect(config).toEqual({ data: join(folder, 'photos'), output: join(folder, 'out'), epochs: 7 });
  expect(path).toBe(join(folder, 'ssl.config.ts'));
});

test('the name of a data set is no path', async () => {
  writeFileSync(join(folder, 'ssl.config.mjs'), `export default { data: 'emoji' };`);
  expect((await loadConfig(folder)).config.data).toBe('emoji');
});

test('of several data those that are paths become absolute', async () => {
  writeFileSync(join(folder, 'ssl.config.mjs'), `export default { data: ['emoji', './photos'], dataWeights: [1, 3] };`);
  expect((await loadConfig(folder)).config).toEqual({ data: ['emoji', join(folder, 'photos')], dataWeights: [1, 3] });
});

test('no file is no configuration; a named file must be there', async () => {
  expect(await loadConfig(folder)).toEqual({ config: {} });
  await expect(loadConfig(folder, 'other.ts')).rejects.toThrow(/other\.ts is not there\. Give another with --config/);
});

test('a file that fails says which, and why', async () => {
  writeFileSync(join(folder, 'ssl.config.ts'), 'throw new Error("no luck");');
  await expect(loadConfig(folder)).rejects.toThrow(/ssl\.config\.ts could not be run: no luck/);
});

test("what a user's file imports of @ssl/core is this process's copy", async () => {
  writeFileSync(join(folder, 'own.ts'), `export { SslError } from '@ssl/core';`);
  const module = (await importUserModule(join(folder, 'own.ts'))) as { SslError: unknown };
  expect(module.SslError).toBe(SslError);
});
