import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UsageError } from '../usage-error.js';
import { resolveMethod } from './resolve-method.js';
import { methodOptions } from './method-options.js';

const plugin = (name: string): string =>
  `{ specVersion: 'ssl-plugin/1', name: '${name}', summary: 'a test', defaults: { temperature: 0.5, queue: 64 }, smallData: { queue: 8 }, create() { throw new Error('not built here'); } }`;
let folder = '';

function install(name: string, source: string): void {
  const place = join(folder, 'node_modules', name);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '1.0.0', type: 'module', exports: { import: './index.js' } }));
  writeFileSync(join(place, 'index.js'), source);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-methods-'));
  install('ssl-method-one', `export const methods = [${plugin('one')}];`);
  install('ssl-method-two', `export const methods = [${plugin('left')}, ${plugin('right')}];`);
  install('ssl-method-none', 'export const other = 1;');
  install('ssl-method-old', `export const methods = [{ specVersion: 'ssl-plugin/0' }];`);
  writeFileSync(join(folder, 'own.ts'), `const name: string = 'own'; export const methods = [{ ...${plugin('x')}, name }];`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("a package is found from the user's folder, by name", async () => {
  const { plugin: found, reference } = await resolveMethod('ssl-method-one', folder);
  expect(found.name).toBe('one');
  expect((await resolveMethod(reference, folder)).plugin.name).toBe('one');
});

test('one of several is named after #', async () => {
  expect((await resolveMethod('ssl-method-two#right', folder)).plugin.name).toBe('right');
  await expect(resolveMethod('ssl-method-two', folder)).rejects.toThrow(/holds the methods left, right, and none was named\. Write --method ssl-method-two#left/);
});

test('a TypeScript file is taken by its path', async () => {
  expect((await resolveMethod('./own.ts', folder)).plugin.name).toBe('own');
});

test.each([
  ['ssl-method-none', /must export `methods`, a list of method plugins; it exports other/],
  ['ssl-method-old', /must have specVersion 'ssl-plugin\/1', got "ssl-plugin\/0"/],
  ['simclrr', /There is no method 'simclrr'.* Did you mean 'simclr'\?/],
  ['ssl-method-absent', /npm install ssl-method-absent/],
])('%s is refused with what to do', async (name, message) => {
  await expect(resolveMethod(name, folder)).rejects.toThrow(UsageError);
  await expect(resolveMethod(name, folder)).rejects.toThrow(message);
});

test('options: defaults, the small-data preset, what was given; others are refused', async () => {
  const { plugin: found } = await resolveMethod('ssl-method-one', folder);
  expect(methodOptions(found, false, {})).toEqual({ temperature: 0.5, queue: 64 });
  expect(methodOptions(found, true, { temperature: 0.1 })).toEqual({ temperature: 0.1, queue: 8 });
  expect(() => methodOptions(found, true, { temprature: 1 })).toThrow(/one has no option 'temprature'. Did you mean 'temperature'\?/);
  expect(() => methodOptions(found, true, { temperature: 'hot' })).toThrow(/needs a number such as 0.5, got "hot"/);
});
