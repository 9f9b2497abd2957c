import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { imageFolder } from './image-folder.js';

let top: string;

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'ssl-folder-'));
});

afterEach(() => {
  rmSync(top, { recursive: true, force: true });
});

function put(...paths: string[]): void {
  for (const path of paths) {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), path);
  }
}

const paths = (data: Dataset) => Array.from({ length: data.size }, (_, index) => data.describe(index).slice(top.length + 1));

describe('imageFolder', () => {
  it('lists images at any depth in natural order, files before folders', async () => {
    put('img10.png', 'img2.PNG', 'b/x.jpeg', 'a10/deep/er/y.webp', 'a2/z.gif', 'notes.txt', 'README', '.hidden.png', '.git/q.png');
    mkdirSync(join(top, 'empty.png'));
    const folder = await imageFolder(top);
    expect(paths(folder)).toEqual(['img2.PNG', 'img10.png', 'a2/z.gif', 'a10/deep/er/y.webp', 'b/x.jpeg']);
    expect(folder.found.others).toEqual({ '.txt': 1, 'without extension': 1, hidden: 2 });
    expect(folder.labels).toBeUndefined();
    const image = await folder.read(2);
    expect(image.kind === 'encoded' && Buffer.from(image.bytes).toString()).toBe('a2/z.gif');
  });

  it('takes first-level folders as classes when asked', async () => {
    put('dog/1.png', 'dog/more/2.png', 'cat/1.png', 'loose.png', 'zebra/notes.txt');
    const folder = await imageFolder(top, { labels: true });
    expect(folder.classes).toEqual(['cat', 'dog']);
    expect(paths(folder)).toEqual(['loose.png', 'cat/1.png', 'dog/1.png', 'dog/more/2.png']);
    expect([...(folder.labels ?? [])]).toEqual([-1, 0, 1, 1]);
  });

  it('refuses labels where no folder holds images', async () => {
    put('1.png');
    await expect(imageFolder(top, { labels: true })).rejects.toThrow(/one folder for each class.*Leave the labels out/);
  });

  it('goes through a loop of links once', async () => {
    put('a/1.png');
    symlinkSync(top, join(top, 'a', 'back'));
    symlinkSync(join(top, 'a'), join(top, 'b'));
    symlinkSync(join(top, 'a', '1.png'), join(top, 'link.png'));
    const folder = await imageFolder(top);
    expect(paths(folder)).toEqual(['link.png', 'a/1.png']);
  });

  it('reports a link to nowhere and goes on; ignores pipes', async () => {
    put('1.png');
    symlinkSync(join(top, 'gone'), join(top, 'broken.png'));
    execFileSync('mkfifo', [join(top, 'pipe.png')]);
    const folder = await imageFolder(top);
    expect(paths(folder)).toEqual(['1.png']);
    expect(folder.found.unreadable).toEqual([`${top}/broken.png (ENOENT)`]);
    expect(folder.found.others).toEqual({ 'pipe, socket or device': 1 });
  });

  it('reads files whose names are not UTF-8', async () => {
    const name = Buffer.concat([Buffer.from(`${top}/f`), Buffer.from([0xff, 0xe4, 0x31]), Buffer.from('.png')]);
    writeFileSync(name, 'pixels');
    put('ä.png');
    const folder = await imageFolder(top);
    expect(folder.size).toBe(2);
    const image = await folder.read(0);
    expect(image.kind === 'encoded' && Buffer.from(image.bytes).toString()).toBe('pixels');
    expect(folder.describe(1)).toBe(join(top, 'ä.png'));
  });

  it('says what it found where there is no image', async () => {
    put('a.txt', 'b/c.txt', 'b/d.zip');
    await expect(imageFolder(top)).rejects.toThrow(/holds none: files 2 \.txt, 1 \.zip; 1 folders.*Give a folder with/);
    rmSync(join(top, 'b'), { recursive: true });
    rmSync(join(top, 'a.txt'));
    await expect(imageFolder(top)).rejects.toThrow('holds none: no files; 0 folders');
  });

  it('refuses a path that is no folder', async () => {
    put('a.png');
    await expect(imageFolder(join(top, 'a.png'))).rejects.toThrow('is not a folder');
    await expect(imageFolder(join(top, 'nowhere'))).rejects.toThrow(/could not be opened \(ENOENT\)/);
  });

  it('keeps about the bytes in which names differ, no object for each image', async () => {
    for (let k = 0; k < 3000; k += 1) writeFileSync(join(top, `photo-of-a-holiday-${k}.jpg`), '');
    const folder = await imageFolder(top);
    expect(folder.size).toBe(3000);
    expect(folder.indexMemory / folder.size).toBeLessThan(16);
  });

  it('rejects what changed into a pipe, vanished, or is empty', async () => {
    put('1.png', '2.png', '3.png');
    const folder = await imageFolder(top);
    rmSync(join(top, '1.png'));
    execFileSync('mkfifo', [join(top, '1.png')]);
    rmSync(join(top, '2.png'));
    writeFileSync(join(top, '3.png'), '');
    await expect(folder.read(0)).rejects.toThrow('not a regular file');
    await expect(folder.read(1)).rejects.toThrow('ENOENT');
    await expect(folder.read(2)).rejects.toThrow('empty (0 bytes)');
  });
});
