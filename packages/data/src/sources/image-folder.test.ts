import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { mixDatasets } from './mix-datasets.js';
import { subset } from './subset.js';
import { withBackground } from '../with-background.js';
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

  it('takes every ending of images', async () => {
    const names = ['a.jpg', 'b.JPEG', 'c.bmp', 'd.dib', 'e.heic', 'f.HEIF', 'g.hif', 'h.png', 'i.webp', 'j.tiff', 'k.gif', 'l.svg', 'm.avif', 'n.jfif'];
    put(...names);
    const folder = await imageFolder(top);
    expect([folder.size, folder.passedOver]).toEqual([names.length, undefined]);
  });

  it('says what it passes over, with count, reason and names, and says nothing of companions', async () => {
    put('1.png', 'a/1.cr2', 'a/2.CR2', 'b.jp2', 'c.mp4', 'd.zip', '.hidden.png', '._1.png', '@eaDir/1.png/thumb.png', '.thumbs/x/2.png', '.git/config', '__MACOSX/a/._1.png', 'Thumbs.db', 'labels.csv', 'readme.txt', '.DS_Store');
    writeFileSync(join(top, 'photo'), Buffer.from('ffd8ffe0', 'hex'));
    writeFileSync(join(top, 'e.png.part'), 'GIF89a');
    symlinkSync(join(top, 'gone'), join(top, 'broken.png'));
    symlinkSync(join(top, 'a'), join(top, 'again'));
    const folder = await imageFolder(top);
    const told = (data: Dataset) => (data.passedOver ?? []).filter(({ mayBeImages }) => mayBeImages).map(({ count, what, reason, examples }) => `${count} ${what}: ${reason.slice(0, 14)} ${examples.join(' ')}`).sort();
    const all = [
      '1 .jp2 file: JPEG 2000, not b.jp2',
      '1 .mp4 file: video, not rea c.mp4',
      '1 .part file: GIF by content e.png.part',
      '1 .zip file: archive among  d.zip',
      '1 file: JPEG by conten photo',
      '1 image: hidden, since  .hidden.png',
      '1 image: in a folder na .thumbs/x/2.png',
      '1 image: in a folder na @eaDir/1.png/thumb.png',
      '1 link: leading nowher broken.png',
      '1 link: leading to a f again',
      '2 .cr2 file: camera raw, no a/1.cr2 a/2.CR2',
    ];
    expect(paths(folder)).toEqual(['1.png']);
    expect(told(folder)).toEqual(all);
    expect(folder.passedOver?.filter(({ mayBeImages }) => !mayBeImages).map(({ count, what }) => `${count} ${what}`).sort()).toEqual(['1 .csv file', '1 .db file', '1 .txt file']);
    for (const wrapped of [subset(folder, Int32Array.of(0)), withBackground(folder, 'random')]) expect(told(wrapped)).toEqual(all);
    const mixed = mixDatasets([{ dataset: folder, weight: 1 }, { dataset: folder, weight: 1 }]);
    expect(mixed.passedOver?.find(({ what }) => what === '.cr2 file')?.count).toBe(4);
  });

  it.skipIf(process.getuid?.() === 0)('says which folders may not be read', async () => {
    put('a/1.png', 'b/2.png');
    chmodSync(join(top, 'b'), 0);
    const folder = await imageFolder(top);
    chmodSync(join(top, 'b'), 0o755);
    expect(folder.passedOver).toEqual([{ count: 1, what: 'folder', reason: 'not readable (EACCES); chmod -R u+rX gives permission to its owner', examples: ['b'], mayBeImages: true }]);
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
    put('a.nef', 'b.nef');
    await expect(imageFolder(top)).rejects.toThrow(/Not taken: 2 \.nef files: camera raw, not read; develop to \.jpg or \.tif first/);
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
