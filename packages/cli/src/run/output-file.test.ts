import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../program/create-program.js';
import { outputFile } from './output-file.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-output-'));
writeFileSync(join(folder, 'a-file.csv'), 'old');
mkdirSync(join(folder, 'a-folder.csv'));

test('the folder of the file is made, and a file that is there stays until the new one is written', () => {
  expect(outputFile('new/deep/vectors.CSV', { folder, endings: ['.csv'] })).toBe(join(folder, 'new/deep/vectors.CSV'));
  expect(readdirSync(join(folder, 'new/deep'))).toEqual([]);
  expect(outputFile('a-file.csv', { folder })).toBe(join(folder, 'a-file.csv'));
  expect(readFileSync(join(folder, 'a-file.csv'), 'utf8')).toBe('old');
});

test.each([
  ['vectors.txt', /--out needs a file with the ending \.csv, \.npy, got vectors\.txt\.$/],
  ['a-folder.csv', /got the folder .*a-folder\.csv\. Write for instance .*result\.csv\.$/],
  ['a-file.csv/vectors.csv', /cannot be: a part of its path is a file\. Give another place\.$/],
  [`${'n'.repeat(250)}.csv`, /cannot be: the name is too long\./],
])('%s is refused', (given, message) => {
  expect(() => outputFile(given, { folder, endings: ['.csv', '.npy'] })).toThrow(message);
});

describe('every command that writes at its end looks at its file before anything else', () => {
  test.each([
    ['embed', 'no-run', '--out', 'a-file.csv/vectors.csv'],
    ['embed', 'no-run', '--out', 'a-folder.csv'],
    ['export', 'no-run', '--to', 'timm', '--out', 'a-file.csv/backbone.safetensors'],
    ['import', 'no-weights.pth', '--out', 'a-file.csv/backbone.safetensors'],
    ['views', '--data', 'no-images', '--out', 'a-file.csv/views.html'],
    ['pack', 'no-images', 'a-file.csv/images.sslpack'],
  ])('%s', async (...argv) => {
    const program = await createProgram({ argv, folder, finish: () => undefined });
    await expect(program.parseAsync(argv, { from: 'user' })).rejects.toThrow(/a part of its path is a file|got the folder/);
  });

  test('and of .npy also at the file of the names', async () => {
    mkdirSync(join(folder, 'vectors.names.csv'));
    const argv = ['embed', 'no-run', '--out', 'vectors.npy'];
    const program = await createProgram({ argv, folder, finish: () => undefined });
    await expect(program.parseAsync(argv, { from: 'user' })).rejects.toThrow(/got the folder .*vectors\.names\.csv/);
    expect(existsSync(join(folder, 'vectors.npy'))).toBe(false);
  });
});
