import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { openDataset } from './open-dataset.js';
import { standInFor } from './stand-in.js';

it.each([
  ['version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n', /^a Git LFS pointer, not the file itself: run "git lfs pull"/],
  ['\n<!doctype HTML><html>', /^a web page, not the file itself/],
  ['<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', /^the answer of a server that did not give the file/],
  ['Entry not found', /^the answer of a server/],
])('knows what stands in for a file: %s', async (content, message) => {
  expect(standInFor(Buffer.from(content))).toMatch(message);
  await expect(decodeImage({ kind: 'encoded', bytes: Buffer.from(content) })).rejects.toThrow(`it is ${standInFor(Buffer.from(content)) ?? ''}`);
});

it('takes nothing else for a stand-in', async () => {
  for (const content of ['', '\x89PNG', 'words', 'version 2', '<?xml version="1.0"?><svg/>']) expect(standInFor(Buffer.from(content))).toBeUndefined();
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>');
  expect((await decodeImage({ kind: 'encoded', bytes: svg })).width).toBe(2);
});

it('says of an empty file of any format that it is empty', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssl-empty-'));
  try {
    for (const ending of ['npy', 'parquet', 'tar', 'sslpack', 'txt', 'idx3-ubyte']) {
      const path = join(folder, `images.${ending}`);
      writeFileSync(path, '');
      await expect(openDataset(ending === 'idx3-ubyte' ? `idx:${path}` : path), ending).rejects.toThrow(/images\.\S+ is empty \(0 bytes\)/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
