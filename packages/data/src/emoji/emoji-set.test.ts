import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tarballPath } from '../fetch/fetch-npm-packages.js';
import { sha256 } from '../fetch/sha256.js';
import { emojiSet } from './emoji-set.js';
import type { EmojiStyle } from './emoji-styles.js';

// Two tiny icon packages stand in for the nine real ones, which `npm start` fetches: the suite needs no network.
let cache: string;

async function tarball(files: Record<string, unknown>): Promise<Buffer> {
  const entries = pack();
  for (const [name, content] of Object.entries(files)) entries.entry({ name: `package/${name}` }, JSON.stringify(content));
  entries.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of entries) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}

async function style(name: string, files: Record<string, unknown>): Promise<EmojiStyle> {
  const bytes = await tarball(files);
  const result: EmojiStyle = { style: name, name: `@icons/${name}`, version: '1.0.0', sha256: sha256(bytes), bytes: bytes.length, license: 'MIT' };
  mkdirSync(join(cache, 'packages'), { recursive: true });
  writeFileSync(tarballPath(result, cache), bytes);
  return result;
}

const square = '<path fill="#f00" d="M0 0h8v16H0z"/>'; // the left half of a 16 x 16 icon

async function styles(): Promise<EmojiStyle[]> {
  return [
    await style('noto', {
      'icons.json': { width: 16, height: 16, icons: { 'red-door': { body: square }, cat: { body: square }, 'cat-dark-skin-tone': { body: square } } },
      'metadata.json': { categories: { Objects: ['red-door'], Animals: ['cat', 'cat-dark-skin-tone'] } },
    }),
    await style('old', { 'icons.json': { width: 16, height: 16, icons: { reddoor: { body: square, width: 32, height: 32 } } } }),
  ];
}

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'ssl-emoji-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

describe('emojiSet', () => {
  it('draws every style, with categories as classes and concepts as groups', async () => {
    const emoji = await emojiSet({ size: 16, styles: await styles(), cacheFolder: cache });
    expect([emoji.size, emoji.classes, emoji.styles]).toEqual([3, ['Animals', 'Objects'], ['noto', 'old']]);
    expect([...emoji.labels!]).toEqual([1, 0, 1]);
    expect(emoji.groups![0]).toBe(emoji.groups![2]);
    expect(emoji.groups![0]).not.toBe(emoji.groups![1]);
    expect([...emoji.styleOf]).toEqual([0, 0, 1]);
    expect([emoji.describe(2), await emoji.caption?.(0)]).toEqual(['old:reddoor', 'red door']);
    const image = await emoji.read(0);
    const pixels = image.kind === 'raw' ? image.pixels : [];
    expect([...pixels.slice(0, 3)]).toEqual([255, 0, 0]);
    expect([...pixels.slice(45, 48)]).toEqual([255, 255, 255]);
  });

  it('composites on any colour, and on one of its own for each picture', async () => {
    const options = { size: 8, styles: await styles(), cacheFolder: cache };
    const corner = async (background: readonly [number, number, number] | 'random', index: number) => {
      const image = await (await emojiSet({ ...options, background })).read(index);
      return image.kind === 'raw' ? [...image.pixels.slice(21, 24)] : [];
    };
    expect(await corner([1, 2, 3], 0)).toEqual([1, 2, 3]);
    expect(await corner('random', 0)).toEqual(await corner('random', 0));
    expect(await corner('random', 0)).not.toEqual(await corner('random', 1));
  });

  it('reads its one file the second time, and makes it again when it is damaged', async () => {
    const options = { size: 8, styles: await styles(), cacheFolder: cache };
    const lines: string[] = [];
    const open = () => emojiSet({ ...options, onProgress: (line) => void lines.push(line) });
    const first = await open();
    expect(lines).toContain('drawing 3 emoji at 8 px (once)');
    lines.length = 0;
    const second = await open();
    expect(lines).toEqual([]);
    expect(await second.read(1)).toEqual(await first.read(1));

    const path = join(cache, 'emoji', readdirSync(join(cache, 'emoji'))[0]!);
    const bytes = readFileSync(path);
    for (const damaged of [bytes.subarray(0, bytes.length - 1), Buffer.from('{"sha256":1}\n'), Buffer.alloc(0), flipped(bytes)]) {
      writeFileSync(path, damaged);
      lines.length = 0;
      expect(await (await open()).read(1)).toEqual(await first.read(1));
      expect(lines[0]).toBe('drawing 3 emoji at 8 px (once)');
    }
  });

  it('refuses a package without icons and a size that makes no sense', async () => {
    const broken = await style('noto', { 'metadata.json': {} });
    await expect(emojiSet({ size: 8, styles: [broken], cacheFolder: cache })).rejects.toThrow('@icons/noto needs an icons.json');
    await expect(emojiSet({ size: 7.5, cacheFolder: cache })).rejects.toThrow('a whole number from 8 to 512, got 7.5');
  });
});

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 5]! ^= 1;
  return copy;
}
