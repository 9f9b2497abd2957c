import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { isSslError } from '@ssl/core';
import { pack, type Header } from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { tarShards } from './tar-shards.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-tar-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function tar(files: readonly (readonly [string | (Partial<Header> & Pick<Header, 'name'>), string])[]): Promise<Buffer> {
  const entries = pack();
  for (const [header, content] of files) entries.entry(typeof header === 'string' ? { name: header } : header, content);
  entries.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of entries) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function shard(name: string, files: Parameters<typeof tar>[0]): Promise<string> {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, await tar(files));
  return path;
}

const text = async (data: Awaited<ReturnType<typeof tarShards>>, index: number) => {
  const image = await data.read(index);
  return image.kind === 'encoded' ? Buffer.from(image.bytes).toString() : '';
};

describe('tarShards', () => {
  it('joins image, class and caption of each sample, over several archives', async () => {
    await shard('many/shard-9.tar', [['a/0001.jpg', 'image 1'], ['a/0001.cls', '3\n'], ['a/0001.txt', ' a cat '], ['a/0002.cls', '0'], ['a/0002.png', 'image 2']]);
    await shard('many/shard-10.tar', [['x.json', '{}'], ['y.seg.png', 'mask'], ['y.webp', 'image 3'], ['y.cls', '1'], ['notes', '?']]);
    const data = await tarShards(join(folder, 'many'));
    expect([data.size, [...data.labels!], data.classes]).toEqual([3, [3, 0, 1], ['0', '1', '2', '3']]);
    expect([await text(data, 2), await text(data, 0), await text(data, 1)]).toEqual(['image 3', 'image 1', 'image 2']);
    expect([await data.caption?.(0), await data.caption?.(1)]).toEqual(['a cat', undefined]);
    expect(data.describe(2)).toBe(`${join(folder, 'many/shard-10.tar')}:y.webp`);
    await data.close?.();
  });

  it('takes ranges of archives', async () => {
    for (const number of ['08', '09', '10']) await shard(`range-${number}.tar`, [[`${number}.png`, number]]);
    const data = await tarShards(join(folder, 'range-{08..10}.tar'));
    expect([data.size, await text(data, 0), await text(data, 2), data.labels, 'caption' in data]).toEqual([3, '08', '10', undefined, false]);
    await data.close?.();
    await expect(tarShards('x-{5..3}.tar')).rejects.toThrow('got {5..3}');
  });

  it('reads long names of pax and GNU, large archives of small files, and skips what is no file', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(120)}.png`;
    const path = await shard('long.tar', [
      [{ name: 'folder.png', type: 'directory' }, ''],
      [{ name: 'link.png', type: 'symlink', linkname: '/etc/passwd' }, ''],
      [long, 'long'],
      [{ name: '../../escape.png', pax: { comment: 'x' } }, 'inside'],
      ...Array.from({ length: 50 }, (_, k) => [`${k}.png`, `image ${k}`] as const),
    ]);
    const data = await tarShards(path);
    expect(data.size).toBe(52);
    expect([data.describe(0), await text(data, 0), await text(data, 1), await text(data, 51)]).toEqual([`${path}:${long}`, 'long', 'inside', 'image 49']);
    await data.close?.();

    const gnuName = `${'g'.repeat(150)}.png`;
    const gnu = await tar([['././@LongLink', `${gnuName}\0`], ['short.png', 'gnu']]);
    gnu[156] = 'L'.charCodeAt(0);
    fixChecksum(gnu, 0);
    writeFileSync(join(folder, 'gnu.tar'), gnu);
    const second = await tarShards(join(folder, 'gnu.tar'));
    expect([second.size, second.describe(0), await text(second, 0)]).toEqual([1, `${join(folder, 'gnu.tar')}:${gnuName}`, 'gnu']);
    await second.close?.();
  });

  it('keeps a few bytes for each image', async () => {
    const path = await shard('thousand.tar', Array.from({ length: 2000 }, (_, k) => [`set/image-${String(k).padStart(7, '0')}.jpg`, 'x'] as const));
    const data = await tarShards(path);
    expect(data.indexMemory / data.size).toBeLessThan(25);
    await data.close?.();
  });

  it('reads far more archives than may be open at a time', async () => {
    for (let k = 0; k < 150; k += 1) await shard(`fan/${k}.tar`, [[`${k}.png`, `image ${k}`]]);
    const data = await tarShards(join(folder, 'fan'));
    const texts = await Promise.all(Array.from({ length: 150 }, (_, k) => text(data, (k * 67) % 150)));
    expect(texts).toEqual(Array.from({ length: 150 }, (_, k) => `image ${(k * 67) % 150}`));
    await data.close?.();
  });

  it('reads entries whose names are not UTF-8', async () => {
    const content = await tar([['x-name.png', 'pixels'], ['x-name.cls', '2']]);
    for (const at of [0, 1024]) {
      content[at] = 0xff;
      fixChecksum(content, at);
    }
    const path = join(folder, 'bytes.tar');
    writeFileSync(path, content);
    const data = await tarShards(path);
    expect([data.size, await text(data, 0), [...data.labels!]]).toEqual([1, 'pixels', [2]]);
    await data.close?.();
  });

  it('says which members it did not take, and names images within their archives', async () => {
    const path = await shard('odd.tar', [
      ['./a.png', 'image'], ['./a.cls', '1'], ['b.cls', '0'], ['c.cr2', 'raw'], ['c.jp2', 'x'], ['d.seg.png', 'mask'], ['._a.png', 'shadow'], ['.hidden.png', 'x'],
      ['__MACOSX/e.png', 'x'], ['.ipynb_checkpoints/f.jpg', 'x'], ['inner.tar', 'x'], ['readme.md', 'x'], ['LICENSE', 'words'], ['photo.jpg_large', 'GIF89a'],
      [{ name: 'link.png', type: 'symlink', linkname: 'a.png' }, ''], [{ name: 'hard.png', type: 'link', linkname: 'a.png' }, ''],
      ...Array.from({ length: 3 }, (_, k) => [`s${k}.bmp`, 'B'] as const), ['t.heic', 'x'],
    ]);
    const data = await tarShards(path);
    expect(Array.from({ length: data.size }, (_, index) => data.nameOf?.(index))).toEqual(['odd.tar/a.png', 'odd.tar/s0.bmp', 'odd.tar/s1.bmp', 'odd.tar/s2.bmp', 'odd.tar/t.heic']);
    const told = (data.passedOver ?? []).filter(({ mayBeImages }) => mayBeImages).map(({ count, what, reason, examples }) => `${count} ${what}: ${reason.slice(0, 18)} ${examples.join(' ')}`);
    expect(told.sort()).toEqual([
      '1 .cr2 file: camera raw, not re odd.tar/c.cr2',
      '1 .jp2 file: JPEG 2000, not rea odd.tar/c.jp2',
      '1 .jpg_large file: GIF by content, bu odd.tar/photo.jpg_large',
      '1 .tar file: archive among the  odd.tar/inner.tar',
      '1 image: hidden, since the  odd.tar/.hidden.png',
      '1 image: in a folder named  odd.tar/.ipynb_checkpoints/f.jpg',
      '1 image: in a folder named  odd.tar/__MACOSX/e.png',
      '1 image: with a further dot odd.tar/d.seg.png',
      '1 label: standing apart fro odd.tar/b.cls',
      '2 link: not followed insid odd.tar/link.png odd.tar/hard.png',
    ]);
    await data.close?.();
    await expect(tarShards(await shard('raws.tar', [['a.cr2', 'x'], ['b.cr2', 'y']]))).rejects.toThrow(/hold none\. Not taken: 2 \.cr2 files: camera raw, not read; develop/);
  });

  it('reads an archive that is appended to another', async () => {
    writeFileSync(join(folder, 'both.tar'), Buffer.concat([await tar([['a.png', 'first']]), Buffer.alloc(8192), await tar([['b.png', 'second']])]));
    const data = await tarShards(join(folder, 'both.tar'));
    expect([data.size, await text(data, 1)]).toEqual([2, 'second']);
    await data.close?.();
  });

  it('says that JSON is not read, and what stands in for an archive', async () => {
    const data = await tarShards(await shard('json.tar', [['a.png', 'x'], ['a.json', '{"label": 1}']]));
    expect(data.notes).toEqual(['1 .json files are not read: a class comes from NAME.cls, a caption from NAME.txt']);
    await data.close?.();
    writeFileSync(join(folder, 'pointer.tar'), 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    await expect(tarShards(join(folder, 'pointer.tar'))).rejects.toThrow(/pointer\.tar is a Git LFS pointer, not the file itself: run "git lfs pull"/);
    writeFileSync(join(folder, 'page.tar'), '<!DOCTYPE html><html>');
    await expect(tarShards(join(folder, 'page.tar'))).rejects.toThrow('is a web page, not the file itself');
  });

  it('refuses damaged archives, naming file and byte', async () => {
    const sound = await tar([['a.png', 'x'.repeat(600)], ['b.png', 'y']]);
    const write = (name: string, content: Uint8Array) => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    await expect(tarShards(write('cut.tar', sound.subarray(0, 900)))).rejects.toThrow(/cut\.tar: the entry at byte 0 needs 600 bytes, the file ends at byte 900/);
    const turned = Buffer.from(sound);
    turned[1536 + 3]! ^= 1;
    await expect(tarShards(write('turned.tar', turned))).rejects.toThrow(/turned\.tar: a tar header with checksum \d+ was needed at byte 1536/);
    await expect(tarShards(write('zip.tar', gzipSync(sound)))).rejects.toThrow(/zip\.tar: .*gzipped.*Unpack it/);
    await expect(tarShards(write('empty.tar', Buffer.alloc(0)))).rejects.toThrow('empty.tar is empty (0 bytes)');
    await expect(tarShards(write('text.tar', Buffer.alloc(2000, 65)))).rejects.toThrow('at byte 0');
    await expect(tarShards(write('none.tar', await tar([['a.txt', 'x']])))).rejects.toThrow('hold none');
    await expect(tarShards(join(folder, 'gone.tar'))).rejects.toThrow('ENOENT');
    const huge = Buffer.from(sound);
    huge.write('77777777777\0', 124);
    fixChecksum(huge, 0);
    await expect(tarShards(write('huge.tar', huge))).rejects.toThrow('needs 8589934591 bytes');
  });

  it('never fails otherwise than with an SslError (fuzz)', async () => {
    const sound = await tar([['a.png', 'x'], [`${'long'.repeat(60)}.png`, 'y'], ['c.cls', '1']]);
    const path = join(folder, 'fuzz.tar');
    for (let round = 0; round < 300; round += 1) {
      const content = Buffer.from(round % 2 === 0 ? sound : sound.subarray(0, (round * 97) % sound.length));
      for (let k = 0; k < round % 4 && content.length > 0; k += 1) content[(round * 131 + k * 211) % content.length] = (round * 7 + k) % 256;
      if (round % 5 === 0) for (let at = 0; at + 512 <= content.length; at += 512) fixChecksum(content, at);
      writeFileSync(path, content);
      const result: unknown = await tarShards(path).catch((error: unknown) => error);
      expect(isSslError(result) || (result as { size: number }).size > 0, String(result)).toBe(true);
      await (result as { close?: () => Promise<void> }).close?.();
    }
  });
});

function fixChecksum(bytes: Buffer, at: number): void {
  bytes.fill(32, at + 148, at + 156);
  const sum = bytes.subarray(at, at + 512).reduce((a, b) => a + b, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
}
