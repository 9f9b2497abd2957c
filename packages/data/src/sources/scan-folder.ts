import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dataError } from '../data-error.js';
import { sectionOf } from '../section-of.js';
import { NameTable } from './name-table.js';
import { naturalOrder } from './natural-order.js';
import { PackedNumbers } from './packed-numbers.js';

/** Files with these endings are images. */
export const imageExtensions: ReadonlySet<string> = new Set(
  '.jpg .jpeg .jpe .jfif .png .webp .tif .tiff .gif .svg .avif'.split(' '),
);

/** Images of one folder: positions `start` to `end - 1`. */
export interface FolderSection {
  /** Path below the top folder, `/` between its parts, one character for each byte; empty for the top folder. */
  readonly folder: string;
  readonly start: number;
  readonly end: number;
}

export interface FolderScan {
  /** Number of images. */
  readonly size: number;
  /** Bytes that the packed paths take. */
  readonly memory: number;
  /** Absolute path of an image, as bytes. */
  path(index: number): Buffer;
  /** Path of an image below the top folder, as bytes, `/` between its parts. */
  relativePath(index: number): Buffer;
  sections(): Iterable<FolderSection>;
  readonly found: {
    /** Count of files that are no images, by extension. */
    readonly others: Readonly<Record<string, number>>;
    /** Folders and links that could not be read, with the reason; the first 100. */
    readonly unreadable: readonly string[];
    readonly folders: number;
  };
}

/** Finds the image files below a folder; see `imageFolder` for the order. */
export async function scanFolder(top: string): Promise<FolderScan> {
  const root = Buffer.from(resolve(top)).toString('latin1');
  await checkTop(top);
  const names = new NameTable();
  const folders = new NameTable();
  const sectionStarts = new PackedNumbers(Float64Array);
  const others: Record<string, number> = {};
  const unreadable: string[] = [];
  const visited = new Set<string>();
  const waiting = [''];
  let folderCount = -1;

  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const path = folder === '' ? root : `${root}/${folder}`;
    const listing = await readFolder(path, visited).catch((error: unknown) => {
      if (unreadable.length < 100) unreadable.push(`${text(path)} (${reason(error)})`);
      return undefined;
    });
    if (listing === undefined) continue;
    folderCount += 1;
    for (const [kind, count] of listing.others) others[kind] = (others[kind] ?? 0) + count;
    for (const broken of listing.unreadable) if (unreadable.length < 100) unreadable.push(broken);
    if (listing.images.length > 0) {
      sectionStarts.push(names.length);
      folders.push(folder);
      for (const name of listing.images) names.push(name);
    }
    // A stack: the folders go on it in reverse, so that the first comes off first.
    for (const name of listing.folders.reverse()) waiting.push(folder === '' ? name : `${folder}/${name}`);
  }
  names.shrink();
  folders.shrink();
  const starts = sectionStarts.finish();

  const below = (index: number): string => {
    const name = names.at(index);
    const folder = folders.at(sectionOf(starts, index));
    return folder === '' ? name : `${folder}/${name}`;
  };
  const path = (index: number): Buffer => Buffer.from(`${root}/${below(index)}`, 'latin1');
  const relativePath = (index: number): Buffer => Buffer.from(below(index), 'latin1');
  function* sections(): Iterable<FolderSection> {
    for (let section = 0; section < starts.length; section += 1) {
      yield { folder: folders.at(section), start: starts[section] ?? 0, end: starts[section + 1] ?? names.length };
    }
  }
  const memory = names.memory + folders.memory + starts.byteLength;
  return { size: names.length, memory, path, relativePath, sections, found: { others, unreadable, folders: folderCount } };
}

interface Listing {
  readonly images: string[];
  readonly folders: string[];
  readonly others: Map<string, number>;
  readonly unreadable: string[];
}

/** Lists one folder, sorted; undefined where it was visited before (a link back). */
async function readFolder(path: string, visited: Set<string>): Promise<Listing | undefined> {
  const bytes = Buffer.from(path, 'latin1');
  const { dev, ino } = await stat(bytes, { bigint: true });
  const identity = `${dev}:${ino}`;
  if (visited.has(identity)) return undefined;
  visited.add(identity);

  const listing: Listing = { images: [], folders: [], others: new Map(), unreadable: [] };
  const count = (kind: string) => listing.others.set(kind, (listing.others.get(kind) ?? 0) + 1);
  // The entries of a folder opened with encoding 'latin1' have names of one character for each byte.
  const entries = await opendir(bytes, { encoding: 'latin1', bufferSize: 512 });
  for await (const entry of entries) {
    if (entry.name.startsWith('.')) {
      count('hidden');
      continue;
    }
    const kind = await kindOf(entry, `${path}/${entry.name}`).catch((error: unknown) => {
      listing.unreadable.push(`${text(`${path}/${entry.name}`)} (${reason(error)})`);
      return 'unreadable' as const;
    });
    if (kind === 'folder') listing.folders.push(entry.name);
    else if (kind === 'file') {
      const extension = extensionOf(entry.name);
      if (imageExtensions.has(extension)) listing.images.push(entry.name);
      else count(extension === '' ? 'without extension' : text(extension));
    } else if (kind === 'other') count('pipe, socket or device');
  }
  listing.images.sort(naturalOrder);
  listing.folders.sort(naturalOrder);
  return listing;
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | 'other'> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice()) return 'other';
  const target = await stat(Buffer.from(path, 'latin1')); // a link, or a file system that does not tell
  return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : 'other';
}

async function checkTop(top: string): Promise<void> {
  const complain = (came: string, error?: unknown) =>
    dataError(`A folder with images was needed, ${top} ${came}. Check the path.`, error);
  const found = await stat(top).catch((error: unknown) => {
    throw complain(`could not be opened (${reason(error)})`, error);
  });
  if (!found.isDirectory()) throw complain('is not a folder');
  await opendir(top).then(
    (folder) => folder.close(),
    (error: unknown) => {
      throw complain(`could not be read (${reason(error)})`, error);
    },
  );
}

function extensionOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot).toLowerCase();
}

const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');

const reason = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return (error as NodeJS.ErrnoException).code ?? error.message;
};
