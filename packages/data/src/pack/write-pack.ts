import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';
import { holdTemporaryPath } from '@ssl/core';
import sharp from 'sharp';
import { BrokenImages } from '../broken-images.js';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { decodeImage, decodeDefaults, type DecodeOptions } from '../decode-image.js';
import { imageName } from '../image-name.js';
import { nothingReadable } from '../image-loader.js';
import { PassedOverTally, passedOverExamples } from '../passed-over.js';
import { PackedNumbers } from '../sources/packed-numbers.js';
import { encodeHeader, encodeTable, packDataStart, type Columns, type PackDescription } from './pack-format.js';

export interface WritePackOptions extends Pick<DecodeOptions, 'fit' | 'exact' | 'background' | 'pixelLimit' | 'timeoutSeconds'> {
  /**
   * `pixels`: squares of `size`, ready to use; reading them is as fast as memory or disk. `jpeg`: encoded again with the shorter side
   * `size` (or the image's own), smaller, decoded when read. `original`: files as they are.
   */
  readonly format?: 'pixels' | 'jpeg' | 'original';
  /** Side of the squares, or of the shorter side of JPEGs, in pixels. Needed for `pixels`. */
  readonly size?: number;
  readonly channels?: number;
  /** Of JPEGs, 1 to 100. */
  readonly quality?: number;
  /** Called now and then with the number of images done. */
  readonly onProgress?: (done: number) => void;
}

export const writePackDefaults = { format: 'pixels', quality: 92 } as const satisfies WritePackOptions;

export interface PackResult {
  /** Images in the file. */
  readonly count: number;
  /** Bytes of the file. */
  readonly bytes: number;
  /** Images that were left out. */
  readonly broken: BrokenImages;
}

interface Made {
  readonly image: Uint8Array;
  readonly aspect: number;
}

/**
 * Writes a dataset into one .sslpack file: random access, a checksum for each image, labels, groups and captions (the layout is
 * described in the source and in the README). The file appears under its name when it is whole. Broken images are left out and counted.
 *
 * @throws SslError where no image can be read or the file cannot be written.
 * @example
 * await writePack(photos, 'photos.sslpack', { format: 'pixels', size: 256 });
 */
export async function writePack(dataset: Dataset, path: string, options: WritePackOptions = {}): Promise<PackResult> {
  const settings = { ...decodeDefaults, ...writePackDefaults, ...options };
  if (settings.format === 'pixels' && settings.size === undefined) {
    throw dataError('A pack of pixels needs the side of its squares (option size), got none. Give it, or take format jpeg.');
  }
  const broken = new BrokenImages(dataset.size);
  const partial = `${path}.${randomUUID().slice(0, 8)}.partial`;
  const release = holdTemporaryPath(partial);
  try {
    const file = await open(partial, 'wx');
    try {
      const result = await writeAll(dataset, file, path, settings, broken);
      await file.sync();
      await file.close();
      await rename(partial, path);
      return result;
    } finally {
      await file.close().catch(() => undefined);
    }
  } catch (error) {
    await rm(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw dataError(`${path} was to be written, it could not be (${reasonOf(error)}). Check the folder and the free space.`, error);
  } finally {
    release();
  }
}

type Settings = WritePackOptions & typeof decodeDefaults & { readonly format: 'pixels' | 'jpeg' | 'original'; readonly quality: number };

async function writeAll(dataset: Dataset, file: FileHandle, path: string, settings: Settings, broken: BrokenImages): Promise<PackResult> {
  const channels = settings.channels ?? dataset.channels;
  const make = maker(dataset, { ...settings, channels });
  const withCaptions = dataset.caption !== undefined;
  const [checksums, lengths] = [new PackedNumbers(Uint32Array), new PackedNumbers(Uint32Array)];
  const [offsets, aspects] = [new PackedNumbers(Float64Array), new PackedNumbers(Float64Array)];
  const kept = new PackedNumbers(Int32Array);
  let at = packDataStart;
  const chunk = 16 * availableParallelism();
  for (let first = 0; first < dataset.size; first += chunk) {
    const indices = Array.from({ length: Math.min(chunk, dataset.size - first) }, (_, k) => first + k);
    const made = await Promise.all(
      indices.map((index) =>
        make(index).catch((error: unknown) => {
          broken.add({ index, name: dataset.describe(index), reason: reasonOf(error) });
          return undefined;
        }),
      ),
    );
    const records: Uint8Array[] = [];
    let length = 0;
    for (const [k, one] of made.entries()) {
      if (one === undefined) continue;
      const caption = withCaptions ? ((await dataset.caption?.(first + k)) ?? '') : '';
      const record = caption === '' ? one.image : Buffer.concat([one.image, Buffer.from(caption)]);
      kept.push(first + k);
      offsets.push(at + length);
      lengths.push(one.image.length);
      checksums.push(crc32(record));
      aspects.push(one.aspect);
      records.push(record);
      length += record.length;
    }
    await writeFully(file, Buffer.concat(records), at);
    at += length;
    settings.onProgress?.(Math.min(dataset.size, first + chunk));
  }
  const indices = kept.finish();
  if (indices.length === 0) throw nothingReadable(dataset, broken);
  offsets.push(at);
  const picked = (values: Int32Array): Int32Array<ArrayBuffer> => indices.map((index) => values[index] ?? -1);
  const columns: Columns = {
    checksums: checksums.finish(),
    aspects: Float32Array.from(aspects.finish()),
    ...(settings.format === 'pixels' && !withCaptions ? {} : { offsets: offsets.finish(), lengths: lengths.finish() }),
    ...(dataset.labels === undefined ? {} : { labels: picked(dataset.labels) }),
    ...(dataset.groups === undefined ? {} : { groups: picked(dataset.groups) }),
  };
  const table = encodeTable(
    {
      name: dataset.name,
      count: indices.length,
      kind: settings.format === 'pixels' ? 'pixels' : 'encoded',
      side: settings.format === 'pixels' ? (settings.size ?? 0) : 0,
      channels,
      ...(dataset.classes === undefined ? {} : { classes: dataset.classes }),
      ...leftOut(dataset, broken),
    },
    columns,
  );
  const tableStart = Math.ceil(at / 8) * 8;
  await writeFully(file, table, tableStart);
  await writeFully(file, encodeHeader(tableStart, table), 0);
  return { count: indices.length, bytes: tableStart + table.length, broken };
}

/** For those who train on the pack: what its images were found beside, and which of them could not be read. */
function leftOut(dataset: Dataset, { count, listed }: BrokenImages): Pick<PackDescription, 'passedOver'> {
  const tally = new PassedOverTally();
  tally.addAll(dataset.passedOver ?? []);
  const examples = listed.slice(0, passedOverExamples).map(({ index }) => imageName(dataset, index));
  if (count > 0) tally.addAll([{ count, what: 'image', reason: 'not readable when the pack was written', examples, mayBeImages: true }]);
  return tally.finish();
}

/** How one image becomes a record. */
function maker(dataset: Dataset, settings: Settings & { readonly channels: number }): (index: number) => Promise<Made> {
  const { format, size, quality, channels } = settings;
  if (format === 'pixels') {
    return async (index) => {
      const { pixels, aspect } = await decodeImage(await dataset.read(index), { ...settings, depth: 8 });
      return { image: pixels as Uint8Array, aspect };
    };
  }
  const { fit, background, pixelLimit, timeoutSeconds } = settings;
  return async (index) => {
    const source = await dataset.read(index);
    // Decoded in any case: a file that cannot be is left out now instead of being met in each epoch.
    const { pixels, width, height, aspect } = await decodeImage(source, { fit, background, pixelLimit, timeoutSeconds, channels, depth: 8 });
    if (format === 'original' && source.kind === 'encoded') return { image: source.bytes, aspect };
    let image = sharp(pixels, { raw: { width, height, channels: channels as 1 | 3 }, limitInputPixels: settings.pixelLimit });
    if (channels === 1) image = image.toColourspace('b-w');
    if (size !== undefined) image = image.resize(size, size, { fit: 'outside', withoutEnlargement: true, kernel: 'linear' });
    return { image: await image.jpeg({ quality }).toBuffer(), aspect };
  };
}

async function writeFully(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
