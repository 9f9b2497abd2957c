import { basename, dirname, join } from 'node:path';
import { readdir, readFile, rm } from 'node:fs/promises';
import { cacheFolder, withLock, writeFileAtomically } from '@ssl/core';
import { dataError } from '../data-error.js';
import type { Dataset, RawImage } from '../dataset.js';
import { fetchNpmPackages, type FetchOptions } from '../fetch/fetch-npm-packages.js';
import { readTarball } from '../fetch/read-tarball.js';
import { sha256 } from '../fetch/sha256.js';
import { spreadColour } from '../spread-colour.js';
import { emojiList, type EmojiEntry, type IconSet, type StyleContent } from './emoji-list.js';
import { emojiStyles, type EmojiStyle } from './emoji-styles.js';
import { renderEmoji } from './render-emoji.js';

export interface EmojiSetOptions extends FetchOptions {
  /** Side of the pictures in pixels. */
  readonly size?: number;
  /** Colour behind the drawings, RGB in 0..255; `random`: one colour for each picture, always the same. */
  readonly background?: readonly [number, number, number] | 'random';
  /** Styles to take, from `emojiStyles`. */
  readonly styles?: readonly EmojiStyle[];
}

export const emojiSetDefaults = { size: 32, background: [255, 255, 255], styles: emojiStyles } as const satisfies EmojiSetOptions;

export interface EmojiSet extends Dataset {
  /** Style of each picture, an index into `styles`, `[size]`. */
  readonly styleOf: Int32Array;
  readonly styles: readonly string[];
}

/** Raise it when the list or the drawing changes: older cache files are then not used. */
const cacheVersion = 1;

/**
 * The emoji set: about 11,000 drawings of about 1,950 concepts in nine styles, nine classes (the category). `groups` holds the
 * concept, so that an evaluation can leave the same thing in another style out. Packages are fetched and pictures drawn once;
 * after that the set is read from one file of the cache.
 *
 * @throws SslError where a package cannot be had.
 * @example
 * const emoji = await emojiSet({ size: 32, onProgress: console.error });
 * emoji.classes; // ['Activities', 'Animals & Nature', …]
 */
export async function emojiSet(options: EmojiSetOptions = {}): Promise<EmojiSet> {
  const { size, background, styles } = { ...emojiSetDefaults, ...options };
  if (!Number.isInteger(size) || size < 8 || size > 512) {
    throw dataError(`The size of emoji must be a whole number from 8 to 512, got ${size}. Correct it.`);
  }
  const cache = options.cacheFolder ?? cacheFolder();
  const key = sha256(Buffer.from(JSON.stringify([cacheVersion, size, styles.map((style) => style.sha256)]))).slice(0, 12);
  const path = join(cache, 'emoji', `emoji-${size}-${key}.bin`);
  const content =
    (await readPacked(path, size)) ??
    (await withLock(`${path}.lock`, async () => (await readPacked(path, size)) ?? (await makePacked(path, styles, size, options)), {
      onWait: (holder) => options.onProgress?.(`waiting for ${holder}, which is drawing the emoji`),
    }));
  return toDataset(content, size, background);
}

interface Content {
  readonly entries: readonly EmojiEntry[];
  /** `[entries.length, size, size, 4]` */
  readonly pixels: Uint8Array;
}

async function makePacked(path: string, styles: readonly EmojiStyle[], size: number, options: FetchOptions): Promise<Content> {
  const tarballs = await fetchNpmPackages(styles, options);
  const contents: StyleContent[] = [];
  for (const [index, { style, name }] of styles.entries()) {
    contents.push(await readStyle(style, name, tarballs[index] ?? new Uint8Array()));
  }
  const entries = emojiList(contents);
  options.onProgress?.(`drawing ${entries.length} emoji at ${size} px (once)`);
  let told = 0;
  const pixels = await renderEmoji(entries, contents, size, (done) => {
    const tenth = Math.floor((done * 10) / entries.length);
    if (tenth > told && tenth < 10) options.onProgress?.(`  ${tenth * 10} %`);
    told = Math.max(told, tenth);
  });
  // Layout: one line of JSON with the entries and the checksum of the pixels, a newline, the pixels.
  const folder = dirname(path);
  // Left by a process that was killed while it wrote this file; the lock keeps others out.
  const left = (await readdir(folder).catch((): string[] => [])).filter((name) => name.startsWith(`.${basename(path)}.`) && name.endsWith('.partial'));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  const header = JSON.stringify({ sha256: sha256(pixels), entries: entries.map((e) => [e.style, e.name, e.category, e.concept]) });
  await writeFileAtomically(path, Buffer.concat([Buffer.from(`${header}\n`), pixels]));
  return { entries, pixels };
}

async function readStyle(style: string, packageName: string, tarball: Uint8Array): Promise<StyleContent> {
  const files = await readTarball(tarball, (name) => /^package\/(icons|metadata)\.json$/.test(name));
  const parse = (name: string): unknown => JSON.parse((files.get(`package/${name}`) ?? Buffer.from('{}')).toString('utf8'));
  const set = parse('icons.json') as Partial<IconSet>;
  const { categories = {} } = parse('metadata.json') as { categories?: Record<string, string[]> };
  if (set.icons === undefined) {
    throw dataError(`${packageName} needs an icons.json with icons, it has none. Use the pinned version.`);
  }
  return { style, set: set as IconSet, categories };
}

/** The packed file, or undefined where it is missing or damaged (it is then made again). */
async function readPacked(path: string, size: number): Promise<Content | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  const end = bytes?.indexOf(10) ?? -1;
  if (bytes === undefined || end < 0) return undefined;
  try {
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as { sha256: string; entries: [string, string, string, string][] };
    const pixels = bytes.subarray(end + 1);
    if (pixels.length !== header.entries.length * size * size * 4 || sha256(pixels) !== header.sha256) return undefined;
    return { pixels, entries: header.entries.map(([style, name, category, concept]) => ({ style, name, category, concept })) };
  } catch {
    return undefined;
  }
}

function toDataset({ entries, pixels }: Content, size: number, background: readonly [number, number, number] | 'random'): EmojiSet {
  const [classes, labels] = numbered(entries.map(({ category }) => category));
  const [, groups] = numbered(entries.map(({ concept }) => concept));
  const [styles, styleOf] = numbered(entries.map(({ style }) => style));
  const perImage = size * size * 4;
  const read = (index: number): Promise<RawImage> => {
    const behind = background === 'random' ? spreadColour(index) : background;
    const composited = composite(pixels.subarray(index * perImage, (index + 1) * perImage), behind);
    return Promise.resolve({ kind: 'raw', pixels: composited, width: size, height: size, channels: 3 });
  };
  return {
    name: 'emoji',
    size: entries.length,
    channels: 3,
    classes,
    labels,
    groups,
    styles,
    styleOf,
    caption: (index) => Promise.resolve(entries[index]?.name.replaceAll('-', ' ')),
    describe: (index) => `${entries[index]?.style ?? ''}:${entries[index]?.name ?? ''}`,
    read,
  };
}

/** Distinct values in sorted order, and the number of each value. */
function numbered(values: readonly string[]): [string[], Int32Array] {
  const distinct = [...new Set(values)].sort();
  const numbers = new Map(distinct.map((value, index) => [value, index]));
  return [distinct, Int32Array.from(values, (value) => numbers.get(value) ?? -1)];
}

function composite(rgba: Uint8Array, background: readonly [number, number, number]): Uint8Array {
  const count = rgba.length / 4;
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i += 1) {
    const alpha = rgba[i * 4 + 3] ?? 0;
    for (let c = 0; c < 3; c += 1) {
      rgb[i * 3 + c] = Math.round(((rgba[i * 4 + c] ?? 0) * alpha + (background[c] ?? 0) * (255 - alpha)) / 255);
    }
  }
  return rgb;
}
