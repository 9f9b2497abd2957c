import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { PassedOverTally } from '../passed-over.js';
import { inMemory } from './in-memory.js';
import { readIdx, type IdxArray } from './read-idx.js';

export interface IdxImagesOptions {
  readonly name?: string;
  /** The file of labels; `false`: none; left out: found by its name (`…labels…idx1…` beside `…images…idx3…`). */
  readonly labels?: string | false;
  readonly classes?: readonly string[];
}

/**
 * Images of an IDX file, `[count, height, width]` or `[count, height, width, channels]`, gzipped or not, with its labels.
 *
 * @param path The file of images, or a folder in which there is one (`train…` is preferred).
 * @throws SslError where a file is damaged, or the numbers of images and labels differ.
 */
export async function idxImages(path: string, options: IdxImagesOptions = {}): Promise<Dataset> {
  const tally = new PassedOverTally();
  const images = await imagesFile(path, tally);
  const labelsFile = options.labels ?? (await labelsBeside(images));
  const pixels = await readIdx(images);
  const labels = labelsFile === undefined || labelsFile === false ? undefined : await readIdx(labelsFile);
  return { ...idxDataset(options.name ?? basename(path), pixels, labels, options.classes), ...tally.finish() };
}

/** A dataset from IDX arrays. */
export function idxDataset(name: string, pixels: IdxArray, labels: IdxArray | undefined, classes?: readonly string[]): Dataset {
  const [count = 0, height = 0, width = 0, channels = 1] = pixels.shape;
  if (pixels.shape.length < 3 || count === 0 || height === 0 || width === 0 || channels === 0) {
    throw dataError(`${name}: images of shape [count, height, width] were needed, got [${pixels.shape.join(', ')}]. Give the file of images.`);
  }
  if (labels !== undefined && (labels.shape.length !== 1 || labels.shape[0] !== count)) {
    throw dataError(`${name}: labels of shape [${count}] were needed, got [${labels.shape.join(', ')}]. Give the labels of these images.`);
  }
  const numbers = labels && Int32Array.from(labels.data);
  const most = numbers?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  const named = classes ?? Array.from({ length: most + 1 }, (_, index) => String(index));
  return inMemory({
    name,
    pixels: pixels.data,
    shape: [count, height, width, channels],
    ...(numbers === undefined ? {} : { labels: numbers, classes: named }),
  });
}

async function imagesFile(path: string, tally: PassedOverTally): Promise<string> {
  const folder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!folder) return path;
  const names = (await readdir(path)).filter((name) => /idx[34]/.test(name) && !name.includes('labels')).sort();
  const chosen = names.find((name) => name.startsWith('train')) ?? names[0];
  if (chosen === undefined) throw dataError(`A folder with an IDX file (…idx3…) was needed, ${path} has none. Give the file itself.`);
  for (const name of names) if (name !== chosen) tally.add('IDX file', `beside ${chosen}, not read; name it to read it`, name);
  return join(path, chosen);
}

async function labelsBeside(images: string): Promise<string | undefined> {
  const name = basename(images);
  const wanted = name.replace('images', 'labels').replace(/idx[34]/, 'idx1');
  if (wanted === name) return undefined;
  const there = new Set(await readdir(dirname(images)).catch((): string[] => []));
  const found = [wanted, wanted.replace(/\.gz$/, ''), `${wanted}.gz`].find((candidate) => there.has(candidate));
  return found === undefined ? undefined : join(dirname(images), found);
}
