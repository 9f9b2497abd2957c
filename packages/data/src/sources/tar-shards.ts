import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { largestImageFile } from '../read-file.js';
import { sectionOf } from '../section-of.js';
import { FilePool } from './file-pool.js';
import { LabelNames } from './label-names.js';
import { NameTable } from './name-table.js';
import { naturalOrder } from './natural-order.js';
import { PackedNumbers } from './packed-numbers.js';
import { relativeNames } from './relative-names.js';
import { imageExtensions } from './scan-folder.js';
import { tarEntries, type TarEntry } from './tar-entries.js';

export interface TarShards extends Dataset {
  readonly shards: readonly string[];
  /** Bytes of memory that the index takes. */
  readonly indexMemory: number;
}

/**
 * Images in tar archives, in the layout of WebDataset: files that share their name up to the first dot are one sample, with the image
 * (`.jpg`, `.png` …), its class (`.cls`, a number or a name) and its caption (`.txt`). Only headers are read when the set is opened;
 * after that each image is read from its place, in any order. Nothing is unpacked.
 *
 * @param paths An archive, a folder of archives, or several of either. `shard-{000..127}.tar` stands for a range.
 * @throws SslError where an archive is damaged (with the byte), compressed, or no image is there.
 */
export async function tarShards(paths: string | readonly string[]): Promise<TarShards> {
  const shards = await findShards(typeof paths === 'string' ? [paths] : paths);
  const pool = new FilePool(shards);
  const index = samplesIndex();
  for (const shard of shards) {
    const size = await stat(shard).then(
      (found) => found.size,
      (error: unknown) => {
        throw dataError(`A tar archive was needed, ${shard} could not be opened (${reasonOf(error)}). Check the path.`, error);
      },
    );
    index.beginShard();
    const shardNumber = shards.indexOf(shard);
    const readText = async ({ offset, size: length }: TarEntry) => Buffer.from(await pool.read(shardNumber, offset, length)).toString('utf8');
    for await (const entry of tarEntries(shard, size)) await index.take(entry, readText);
    index.endSample();
  }
  const { names, offsets, lengths, captionOffsets, captionLengths, starts, labels } = index.finish();
  if (names.length === 0) {
    await pool.close();
    throw dataError(`Tar archives with images were needed, ${shards.length} archives (${basename(shards[0] ?? '')} …) hold none. Check what is in them.`);
  }
  const shardOf = (image: number): number => sectionOf(starts, image);
  const shardNames = relativeNames(shards);
  const member = (image: number): string => Buffer.from(names.at(image), 'latin1').toString('utf8');
  const memory = names.memory + offsets.byteLength + lengths.byteLength + captionOffsets.byteLength + captionLengths.byteLength;
  return {
    name: basename(shards[0] ?? ''),
    size: names.length,
    channels: 3,
    shards,
    indexMemory: memory + (labels.labels?.byteLength ?? 0),
    ...labels,
    describe: (image) => `${shards[shardOf(image)] ?? ''}:${member(image)}`,
    nameOf: (image) => `${shardNames[shardOf(image)] ?? ''}/${member(image)}`,
    read: async (image) => {
      const length = lengths[image] ?? 0;
      if (length === 0) throw new Error('the file is empty (0 bytes)');
      if (length > largestImageFile) throw new Error(`the file has ${length} bytes, over the limit of ${largestImageFile}`);
      return { kind: 'encoded', bytes: await pool.read(shardOf(image), offsets[image] ?? 0, length) };
    },
    ...(captionLengths.length > 0
      ? {
          caption: async (image: number) => {
            const length = captionLengths[image] ?? 0;
            if (length === 0) return undefined;
            return Buffer.from(await pool.read(shardOf(image), captionOffsets[image] ?? 0, length)).toString('utf8').trim();
          },
        }
      : {}),
    close: () => pool.close(),
  };
}

/** Gathers entries into samples; keeps numbers and front-coded names only. */
function samplesIndex() {
  const names = new NameTable();
  const offsets = new PackedNumbers(Float64Array);
  const lengths = new PackedNumbers(Uint32Array);
  const captionOffsets = new PackedNumbers(Float64Array);
  const captionLengths = new PackedNumbers(Uint32Array);
  const starts = new PackedNumbers(Float64Array);
  const labels = new LabelNames();
  let captions = 0;
  let sample: { key: string; image?: TarEntry; label?: string; caption?: TarEntry } = { key: '' };

  const endSample = (): void => {
    const { image, label, caption } = sample;
    sample = { key: '' };
    if (image === undefined) return;
    names.push(image.name);
    offsets.push(image.offset);
    lengths.push(Math.min(image.size, 2 ** 32 - 1));
    captionOffsets.push(caption?.offset ?? 0);
    captionLengths.push(caption?.size ?? 0);
    labels.push(label);
    if (caption !== undefined) captions += 1;
  };
  return {
    beginShard: (): void => starts.push(names.length),
    endSample,
    async take(entry: TarEntry, readText: (entry: TarEntry) => Promise<string>): Promise<void> {
      const file = entry.name.slice(entry.name.lastIndexOf('/') + 1);
      if (file.startsWith('.')) return;
      const dot = file.indexOf('.');
      const key = entry.name.slice(0, entry.name.length - file.length + (dot < 0 ? file.length : dot));
      const extension = dot < 0 ? '' : file.slice(dot).toLowerCase();
      if (key !== sample.key) {
        endSample();
        sample.key = key;
      }
      if (imageExtensions.has(extension)) {
        if (sample.image !== undefined) {
          endSample(); // a second picture under the same name is an image of its own
          sample.key = key;
        }
        sample.image = entry;
      } else if (extension === '.cls' && entry.size <= 256) sample.label = (await readText(entry)).trim();
      else if (extension === '.txt' && entry.size > 0 && entry.size <= 65_536) sample.caption = entry;
    },
    finish() {
      names.shrink();
      return {
        names,
        offsets: offsets.finish(),
        lengths: lengths.finish(),
        captionOffsets: captions > 0 ? captionOffsets.finish() : new Float64Array(0),
        captionLengths: captions > 0 ? captionLengths.finish() : new Uint32Array(0),
        starts: starts.finish(),
        labels: labels.finish(),
      };
    },
  };
}

/** Archives behind paths, folders and ranges, in natural order within each. */
async function findShards(paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const range = /^(.*)\{(\d+)\.\.(\d+)\}(.*)$/.exec(path);
    if (range !== null) {
      const [, before = '', first = '0', last = '0', after = ''] = range;
      if (Number(last) - Number(first) >= 1e6 || Number(last) < Number(first)) {
        throw dataError(`A range of at most a million archives was needed, got {${first}..${last}}. Correct it.`);
      }
      for (let number = Number(first); number <= Number(last); number += 1) {
        found.push(`${before}${String(number).padStart(first.length, '0')}${after}`);
      }
      continue;
    }
    const folder = await stat(path).then(
      (entry) => entry.isDirectory(),
      (error: unknown) => {
        throw dataError(`A tar archive was needed, ${path} could not be opened (${reasonOf(error)}). Check the path.`, error);
      },
    );
    if (!folder) found.push(path);
    else {
      const inside = (await readdir(path)).filter((name) => /\.tar$/i.test(name)).sort(naturalOrder);
      if (inside.length === 0) throw dataError(`A folder with .tar files was needed, ${path} has none. Check the path.`);
      found.push(...inside.map((name) => join(path, name)));
    }
  }
  return found;
}
