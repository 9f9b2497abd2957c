import { createHash } from 'node:crypto';
import type { Dataset } from '@ssl/data';
import { nameBelowData } from './name-below-data.js';
import { sourcesOf, type DataSpec } from './open-data.js';

/** Images that are looked at: by name, by stamp (the size of their file), and by content where all are, and where some are. */
export const fingerprintLimits = { names: 200_000, stamps: 20_000, contents: 4096, sampledContents: 256, contentBytes: 2 ** 28, pieces: 8 } as const;

/** What tells two data sets apart. */
export interface DataFingerprint {
  readonly images: number;
  readonly classes: number;
  /** SHA-256 over the number of images and over the names, labels, stamps and contents of those that were looked at. */
  readonly sha256: string;
}

/** What is kept of the images of a run, to say what changed since. Of each list, entry k is image `floor(k * size / entries)`. */
export interface ImageList {
  readonly format: 'ssl-images/1';
  readonly size: number;
  readonly channels: number;
  readonly classes: readonly string[];
  /** Below the folder or file that `--data` named: moved data keeps its names. */
  readonly names: readonly string[];
  readonly labels: readonly number[];
  /** Empty where none was taken. */
  readonly stamps: readonly string[];
  /** First 16 digits of the SHA-256; empty where the image was not read. */
  readonly contents: readonly string[];
}

/**
 * Looks at images, at a cost of some seconds at most: all of them up to {@link fingerprintLimits}, some at even distances beyond.
 * The same images give the same list wherever they lie.
 *
 * @param data What `--data` named, absolute.
 */
export async function listImages(dataset: Dataset, data: DataSpec): Promise<ImageList> {
  const { size, channels, classes = [], labels } = dataset;
  const images = spread(size, fingerprintLimits.names);
  const nameOf = nameBelowData(sourcesOf(data));
  const stamps = Array<string>(images.length).fill('');
  if (dataset.stamp !== undefined) {
    await inTurn(spread(images.length, fingerprintLimits.stamps), 128, async (entry) => {
      stamps[entry] = (await dataset.stamp?.(images[entry] ?? 0).catch(() => undefined)) ?? '';
    });
  }
  const contents = Array<string>(images.length).fill('');
  await inTurn(await readable(dataset, images), 8, async (entry) => {
    contents[entry] = createHash('sha256').update(await contentOf(dataset, images[entry] ?? 0)).digest('hex').slice(0, 16);
  });
  return {
    format: 'ssl-images/1',
    ...{ size, channels, classes },
    names: images.map((image) => nameOf(dataset.describe(image))),
    labels: images.map((image) => labels?.[image] ?? -1),
    ...{ stamps, contents },
  };
}

/** A list in one number. */
export function fingerprintOf(list: ImageList): DataFingerprint {
  return { images: list.size, classes: list.classes.length, sha256: createHash('sha256').update(JSON.stringify(list)).digest('hex') };
}

/** The entries whose images are read: all of a small set; of a large one, some of some pieces. */
async function readable(dataset: Dataset, images: readonly number[]): Promise<number[]> {
  const { contents, sampledContents, contentBytes, pieces: most } = fingerprintLimits;
  const tried = await Promise.all(spread(images.length, 8).map(async (entry) => (await contentOf(dataset, images[entry] ?? 0)).length));
  const affordable = Math.max(8, Math.floor(contentBytes / Math.max(1, ...tried)));
  const count = images.length <= Math.min(contents, affordable) ? images.length : Math.min(sampledContents, affordable);
  const starts = dataset.pieces?.starts;
  if (starts === undefined || starts.length <= most) return spread(images.length, count);
  // A piece is read as a whole, so few of them are.
  const each = Math.ceil(count / most);
  const inside = spread(starts.length, most).flatMap((piece) => {
    const [from, to] = [starts[piece] ?? 0, starts[piece + 1] ?? dataset.size];
    const first = images.findIndex((image) => image >= from);
    const length = first < 0 ? 0 : images.slice(first, first + (to - from)).filter((image) => image < to).length;
    return spread(length, each).map((entry) => first + entry);
  });
  return inside;
}

async function contentOf(dataset: Dataset, index: number): Promise<Uint8Array> {
  // A broken image is the same image: the loader counts it.
  const image = await dataset.read(index).catch(() => undefined);
  if (image === undefined) return Buffer.from('unreadable');
  const { buffer, byteOffset, byteLength } = image.kind === 'encoded' ? image.bytes : image.pixels;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function inTurn(entries: readonly number[], atOnce: number, work: (entry: number) => Promise<void>): Promise<void> {
  for (let start = 0; start < entries.length; start += atOnce) await Promise.all(entries.slice(start, start + atOnce).map(work));
}

function spread(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}
