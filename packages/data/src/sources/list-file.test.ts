import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSslError } from '@ssl/core';
import { afterAll, describe, expect, it } from 'vitest';
import { listFile } from './list-file.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-list-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

function list(content: string | Buffer): string {
  const path = join(folder, `list-${(count += 1)}.txt`);
  writeFileSync(path, content);
  return path;
}

describe('listFile', () => {
  it('reads paths and classes in the order of the file', async () => {
    writeFileSync(join(folder, 'a.png'), 'pixels of a');
    const data = await listFile(list(`a.png\tcat\r\n\n${folder}/b c.png\tdog\nd.png`));
    expect([data.size, data.classes, [...data.labels!]]).toEqual([3, ['cat', 'dog'], [0, 1, -1]]);
    expect([data.describe(0), data.describe(1)]).toEqual([`${folder}/a.png`, `${folder}/b c.png`]);
    const image = await data.read(0);
    expect(image.kind === 'encoded' && Buffer.from(image.bytes).toString()).toBe('pixels of a');
    await expect(data.read(2)).rejects.toThrow('ENOENT');
    expect((await listFile(list('a.png\na.png'))).labels).toBeUndefined();
  });

  it('takes names of any bytes', async () => {
    const name = Buffer.from([0x78, 0xff, 0xe4]);
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), name]), 'pixels');
    const image = await (await listFile(list(name))).read(0);
    expect(image.kind === 'encoded' && Buffer.from(image.bytes).toString()).toBe('pixels');
  });

  it('refuses what is no list, naming the line', async () => {
    await expect(listFile(list(''))).rejects.toThrow('is empty (0 bytes)');
    await expect(listFile(list('\n\n'))).rejects.toThrow('names none. Write one path a line');
    await expect(listFile(list('a\nb\0c\n'))).rejects.toThrow(/a path was needed in line 2, got "b\\u0000c"/);
    await expect(listFile(list('a\n\tcat\n'))).rejects.toThrow('in line 2, got ""');
    await expect(listFile(list(Buffer.alloc(200_000, 97)))).rejects.toThrow('lines of at most 16384 bytes were needed, line 1 is longer');
    await expect(listFile(join(folder, 'gone'))).rejects.toThrow('could not be read (ENOENT)');
    await expect(listFile(folder)).rejects.toThrow('EISDIR');
  });

  it('never fails otherwise than with an SslError (fuzz)', async () => {
    const sound = Buffer.from('a.png\tcat\r\n../../etc/passwd\tdog\n\n/c d.png\n');
    for (let round = 0; round < 300; round += 1) {
      const content = Buffer.from(sound.subarray(0, round % 3 === 0 ? (round * 7) % sound.length : sound.length));
      for (let k = 0; k < round % 5 && content.length > 0; k += 1) content[(round * 131 + k * 17) % content.length] = (round * 37 + k) % 256;
      const result: unknown = await listFile(list(content)).catch((error: unknown) => error);
      expect(isSslError(result) || (result as { size: number }).size > 0, String(result)).toBe(true);
    }
  });
});
