import { basename } from 'node:path';
import { dataError } from '../data-error.js';
import type { Dataset, EncodedImage } from '../dataset.js';
import { scanFolder, type FolderScan } from './scan-folder.js';
import { readRegularFile } from '../read-file.js';

export interface ImageFolderOptions {
  /** Name in reports; the folder's own if left out. */
  readonly name?: string;
  /** True: the first-level folder of each image is its class. Images that lie in the top folder have none (-1). */
  readonly labels?: boolean;
}

/** An image folder, with what was found there beside images. */
export interface ImageFolder extends Dataset {
  /** Files that are no images, by extension, and folders that could not be read. */
  readonly found: FolderScan['found'];
  /** Bytes of memory that the list of paths takes. */
  readonly indexMemory: number;
}

/**
 * The images of a folder and of every folder below it, in natural order (`img2` before `img10`, files before folders), the
 * same on every machine. Links are followed, each folder once. Paths are kept packed: a few bytes for each image.
 *
 * @param path The folder.
 * @returns A dataset of encoded files.
 * @throws SslError where the folder is not there, cannot be read, or holds no image; the message lists what it holds.
 * @example
 * const photos = await imageFolder('my-photos', { labels: true });
 * photos.classes; // the names of the folders in my-photos
 */
export async function imageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const scan = await scanFolder(path);
  if (scan.size === 0) {
    throw dataError(`A folder with images was needed, ${path} holds none: ${foundThere(scan)}. Give a folder with ${imageExtensionsText} files, at any depth.`);
  }
  const read = async (index: number): Promise<EncodedImage> => ({ kind: 'encoded', bytes: await readRegularFile(scan.path(index)) });
  return {
    name: options.name ?? basename(path),
    size: scan.size,
    channels: 3,
    found: scan.found,
    indexMemory: scan.memory,
    describe: (index) => scan.path(index).toString('utf8'),
    nameOf: (index) => scan.relativePath(index).toString('utf8'),
    read,
    ...(options.labels === true ? firstLevelLabels(scan, path) : {}),
  };
}

function firstLevelLabels(scan: FolderScan, path: string): { classes: readonly string[]; labels: Int32Array } {
  const classes: string[] = [];
  const known = new Map<string, number>();
  const labels = new Int32Array(scan.size).fill(-1);
  for (const section of scan.sections()) {
    const slash = section.folder.indexOf('/');
    const first = slash < 0 ? section.folder : section.folder.slice(0, slash);
    if (first === '') continue;
    let label = known.get(first);
    if (label === undefined) {
      label = classes.push(Buffer.from(first, 'latin1').toString('utf8')) - 1;
      known.set(first, label);
    }
    labels.fill(label, section.start, section.end);
  }
  if (classes.length === 0) {
    throw dataError(`Labels need one folder for each class, ${path} has no folder with images. Leave the labels out, or sort the images into folders.`);
  }
  return { classes, labels };
}

const imageExtensionsText = '.jpg .png .webp .tif .gif .svg .avif';

function foundThere(scan: FolderScan): string {
  const { others, unreadable, folders } = scan.found;
  const kinds = Object.entries(others).sort((a, b) => b[1] - a[1]);
  const shown = kinds.slice(0, 8).map(([kind, count]) => `${count} ${kind}`);
  if (kinds.length > shown.length) shown.push(`${kinds.length - shown.length} other kinds`);
  const parts = [kinds.length === 0 ? 'no files' : `files ${shown.join(', ')}`, `${folders} folders`];
  if (unreadable.length > 0) parts.push(`unreadable: ${unreadable.slice(0, 3).join(', ')}`);
  return parts.join('; ');
}
