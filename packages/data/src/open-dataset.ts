import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dataError } from './data-error.js';
import type { Dataset } from './dataset.js';
import { emojiSet, type EmojiSetOptions } from './emoji/emoji-set.js';
import type { FetchOptions } from './fetch/fetch-npm-packages.js';
import { openPack } from './pack/open-pack.js';
import { cifar10, cifar100 } from './sources/cifar.js';
import { adviceForFile, containersIn } from './sources/containers.js';
import { fashionMnist } from './sources/fashion-mnist.js';
import { idxImages } from './sources/idx-images.js';
import { imageFolder, noImages, scannedFolder } from './sources/image-folder.js';
import { listFile } from './sources/list-file.js';
import { mnist } from './sources/mnist.js';
import { npyImages } from './sources/npy-images.js';
import { parquetImages } from './sources/parquet-images.js';
import { scanFolder } from './sources/scan-folder.js';
import { tarShards } from './sources/tar-shards.js';
import { suggest } from './suggest.js';
import type { ValueRange } from './value-range.js';
import { withBackground } from './with-background.js';
import { withRange } from './with-range.js';

export interface OpenDatasetOptions extends FetchOptions {
  /** Image folders: take the first-level folders as classes; `auto`: those that are classes by their names, see `imageFolder`. */
  readonly labels?: boolean | 'auto';
  /** Sets with a training and a test part. */
  readonly split?: 'train' | 'test';
  /** Size in which drawn sets (emoji) are drawn. */
  readonly size?: number;
  /** What lies behind drawn sets and transparent pictures; random: a colour for each image. */
  readonly background?: Exclude<EmojiSetOptions['background'], undefined>;
  /** Stored values that are black and white in all images; left out: see {@link decodeImage}. */
  readonly range?: ValueRange;
}

type Opener = (path: string, options: OpenDatasetOptions) => Promise<Dataset>;

/** Sets that are fetched: `emoji`. */
const named: Readonly<Record<string, (options: OpenDatasetOptions) => Promise<Dataset>>> = {
  emoji: ({ cacheFolder, onProgress, size, background }) => emojiSet(defined({ cacheFolder, onProgress, size, background })),
  'fashion-mnist': ({ cacheFolder, onProgress, split }) => fashionMnist(defined({ cacheFolder, onProgress, split })),
  mnist: ({ cacheFolder, onProgress, split }) => mnist(defined({ cacheFolder, onProgress, split })),
};

/** Formats: `idx:PATH`. */
const formats: Readonly<Record<string, Opener>> = {
  folder: (path, { labels }) => imageFolder(path, defined({ labels })),
  idx: (path) => idxImages(path),
  cifar10: (path, { split }) => cifar10(path, defined({ split })),
  cifar100: (path, { split }) => cifar100(path, defined({ split })),
  list: (path) => listFile(path),
  tar: (path) => tarShards(path),
  parquet: (path) => parquetImages(path),
  npy: (path) => npyImages(path),
  pack: (path) => openPack(path),
};

/** Formats of files that need no prefix. */
const byEnding: readonly (readonly [RegExp, keyof typeof formats])[] = [
  [/\.sslpack$/i, 'pack'],
  [/\.tar$/i, 'tar'],
  [/\.parquet$/i, 'parquet'],
  [/\.npy$/i, 'npy'],
  [/\.(txt|tsv|csv|list|lst)$/i, 'list'],
  [/idx[34]-ubyte(\.gz)?$/i, 'idx'],
];

/** What {@link openDataset} understands, for help texts: `emoji`, `folder:PATH` … */
export const datasetSpecs: readonly string[] = [...Object.keys(named), ...Object.keys(formats).map((format) => `${format}:PATH`)];

/**
 * Opens a dataset by name (`emoji`, `fashion-mnist`, `mnist`), by format and path (`idx:PATH`, `cifar10:PATH`, `folder:PATH`),
 * by the path of an image folder, or by the path of a file whose ending tells the format (.sslpack, .tar, .parquet, .npy, .txt). A folder that holds .tar, .parquet,
 * IDX or CIFAR files and no image is opened by their format. A name of ours means the built-in set, whatever lies beside: write `./emoji` for a folder of that name.
 *
 * @throws SslError where there is no such set or path, with the nearest name.
 * @example
 * const data = await openDataset('my-photos');
 */
export async function openDataset(spec: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const { background, range } = options;
  const openNamed = own(named, spec);
  if (openNamed !== undefined) return openNamed(options);
  const dataset = await openPath(spec, options);
  const behind = background === undefined ? dataset : withBackground(dataset, background);
  return range === undefined ? behind : withRange(behind, range);
}

/** Opens by format and path, or by path alone. */
async function openPath(spec: string, options: OpenDatasetOptions): Promise<Dataset> {
  const colon = spec.indexOf(':');
  const openFormat = colon > 0 ? own(formats, spec.slice(0, colon)) : undefined;
  if (openFormat !== undefined) {
    const path = spec.slice(colon + 1);
    if (path === '') throw dataError(`${spec} needs a path after the colon, got none. Write ${spec}PATH.`);
    if (existsSync(spec) && !existsSync(path)) throw dataError(`${spec} means the format ${spec.slice(0, colon)} and the path ${path}, which is not there. For what lies at ${spec} itself write ./${spec}.`);
    return openFormat(path, options);
  }
  const format = byEnding.find(([ending]) => ending.test(spec))?.[1];
  if (format !== undefined && (/[{}]/.test(spec) || (existsSync(spec) && statSync(spec).isFile()))) {
    const open = own(formats, format);
    if (open !== undefined) return open(spec, options);
  }
  if (existsSync(spec)) {
    if (statSync(spec).isDirectory()) return openFolder(spec, options);
    throw dataError(`A folder of images, or a file of a format that is read, was needed; ${spec} is not a folder, and its ending tells no such format. ${await adviceForFile(spec)}.`);
  }
  throw dataError(
    `A data set was needed: ${datasetSpecs.join(', ')}, or the path of an image folder; ${JSON.stringify(spec)} is none of these. ` +
      nearest(spec),
  );
}

/** The images of a folder; where it has none, but files of one format, what those hold. */
async function openFolder(path: string, options: OpenDatasetOptions): Promise<Dataset> {
  const scan = await scanFolder(path);
  if (scan.size > 0) return scannedFolder(scan, path, defined({ labels: options.labels }));
  const { format, hint } = await containersIn(path, scan);
  if (format === undefined) throw noImages(scan, path, hint);
  const dataset = await formats[format]!(path, options);
  return { ...dataset, notes: [...(dataset.notes ?? []), `a folder without image files, read as ${format}:${path}`] };
}

/** A hint for a typing error: a name or format of ours, or what lies beside the path that is not there. */
function nearest(spec: string): string {
  const typed = /^([a-z0-9-]+):/i.exec(spec)?.[1] ?? basename(spec);
  const ours = suggest(typed, [...Object.keys(named), ...(spec.startsWith(typed) ? Object.keys(formats) : [])]); // a path is no format
  if (ours !== undefined) return `Did you mean ${ours}?`;
  const folder = dirname(spec);
  const beside = existsSync(folder) && statSync(folder).isDirectory() ? suggest(basename(spec), readdirSync(folder).slice(0, 1000)) : undefined;
  return beside === undefined ? 'Check the path.' : `Did you mean ${join(folder, beside)}?`;
}

function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** The object without its undefined fields. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
