import { basename } from 'node:path';
import { dataError } from '../data-error.js';
import type { Dataset, EncodedImage } from '../dataset.js';
import { readRegularFile, sizeStamp } from '../read-file.js';
import { passedOverText } from '../passed-over.js';
import { classFolders, type SetPart } from './class-folders.js';
import { containersIn } from './containers.js';
import { imageExtensionsText } from './image-endings.js';
import { scanFolder, type FolderScan } from './scan-folder.js';

export interface ImageFolderOptions {
  /** Name in reports; the folder's own if left out. */
  readonly name?: string;
  /**
   * True: the first-level folder of each image is its class. `auto`: the folders that are classes by their names, where there are some. Parts of
   * a set (`train`, `val`), pieces (`part_000`) and dates are none; below parts and pieces the folders of the next level are. Images that lie in no such folder
   * have no class (-1).
   */
  readonly labels?: boolean | 'auto';
}

/** An image folder, with what was found there beside images. */
export interface ImageFolder extends Dataset {
  /** Files that are no images, by extension, and folders that could not be read. */
  readonly found: FolderScan['found'];
  /** Bytes of memory that the list of paths takes. */
  readonly indexMemory: number;
  /** With `labels: 'auto'`: the parts that the folder is divided into (`train`, `val`), where it is. All of them are in the set. */
  readonly parts?: readonly SetPart[];
}

/**
 * The images of a folder and of every folder below it, in natural order (`img2` before `img10`, files before folders), the
 * same on every machine. Links are followed, each folder once; hidden folders and those that systems make (`@eaDir`, `__MACOSX`) are left out. Paths are kept
 * packed: a few bytes for each image. `passedOver` says what was not taken, and why.
 *
 * @param path The folder.
 * @returns A dataset of encoded files.
 * @throws SslError where the folder is not there, cannot be read, or holds no image; the message lists what it holds.
 * @example
 * const photos = await imageFolder('my-photos', { labels: 'auto' });
 * photos.classes; // the names of the folders in my-photos
 */
export async function imageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  const scan = await scanFolder(path);
  if (scan.size === 0) throw noImages(scan, path, (await containersIn(path, scan)).hint);
  return scannedFolder(scan, path, options);
}

/** {@link imageFolder} of a folder that has been looked through. */
export function scannedFolder(scan: FolderScan, path: string, options: ImageFolderOptions): ImageFolder {
  const read = async (index: number): Promise<EncodedImage> => ({ kind: 'encoded', bytes: await readRegularFile(scan.path(index)) });
  return {
    name: options.name ?? basename(path),
    size: scan.size,
    channels: 3,
    found: scan.found,
    indexMemory: scan.memory,
    ...(scan.passedOver === undefined ? {} : { passedOver: scan.passedOver }),
    describe: (index) => scan.path(index).toString('utf8'),
    nameOf: (index) => scan.relativePath(index).toString('utf8'),
    stamp: (index) => sizeStamp(scan.path(index)),
    read,
    ...(options.labels === true ? firstLevelLabels(scan, path) : options.labels === 'auto' ? foundLabels(scan) : {}),
  };
}

/** The error of a folder without images: it says what is there, and what helps. */
export function noImages(scan: FolderScan, path: string, hint: string): Error {
  const passed = (scan.passedOver ?? []).filter(({ mayBeImages }) => mayBeImages).slice(0, 4);
  const more = passed.length === 0 ? '' : ` Not taken: ${passed.map(passedOverText).join('; ')}.`;
  return dataError(`A folder with images was needed, ${path} holds none: ${foundThere(scan)}.${more} ${hint === '' ? `Give a folder with ${imageExtensionsText} files, at any depth.` : hint}`);
}

function foundLabels(scan: FolderScan): Pick<ImageFolder, 'classes' | 'labels' | 'notes' | 'parts'> {
  const { classes, labelOf, parts, notes, empty } = classFolders(scan.sections(), scan.empty);
  const labels = new Int32Array(classes.length === 0 ? 0 : scan.size);
  if (classes.length > 0) for (const { folder, start, end } of scan.sections()) labels.fill(labelOf(folder), start, end);
  const without = empty.length === 0 ? [] : [`${empty.slice(0, 5).join(', ')}${empty.length > 5 ? ` … (${empty.length} folders)` : ''} beside the classes: no image in it`];
  const all = [...notes, ...without];
  return { ...(classes.length === 0 ? {} : { classes, labels }), ...(parts.length === 0 ? {} : { parts }), ...(all.length === 0 ? {} : { notes: all }) };
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

function foundThere(scan: FolderScan): string {
  const { others, unreadable, folders } = scan.found;
  const kinds = Object.entries(others).sort((a, b) => b[1] - a[1]);
  const shown = kinds.slice(0, 8).map(([kind, count]) => `${count} ${kind}`);
  if (kinds.length > shown.length) shown.push(`${kinds.length - shown.length} other kinds`);
  const parts = [kinds.length === 0 ? 'no files' : `files ${shown.join(', ')}`, `${folders} folders`];
  if (unreadable.length > 0) parts.push(`unreadable: ${unreadable.slice(0, 3).join(', ')}`);
  return parts.join('; ');
}
