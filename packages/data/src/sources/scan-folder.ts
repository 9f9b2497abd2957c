import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import { PassedOverTally, passedOverExamples, type PassedOver } from '../passed-over.js';
import { sectionOf } from '../section-of.js';
import { firstBytes } from '../stand-in.js';
import { extensionOf, imageExtensions, imageFormatOf, isCompanion, isSystemFolder, reasonOfUnread } from './image-endings.js';
import { NameTable } from './name-table.js';
import { naturalOrder } from './natural-order.js';
import { PackedNumbers } from './packed-numbers.js';

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
  readonly passedOver?: readonly PassedOver[];
  /** Paths below the top folder of folders that hold neither images nor folders; the first 1,000. */
  readonly empty: readonly string[];
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
  const tally = new PassedOverTally();
  const unknown = new Map<string, string[]>();
  const setAside: string[] = [];
  const empty: string[] = [];
  const visited = new Set<string>();
  const waiting = [''];
  let folderCount = -1;

  const note = (path: string, error: unknown): void => {
    if (unreadable.length < 100) unreadable.push(`${text(path)} (${reasonOf(error)})`);
  };
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    const path = folder === '' ? root : `${root}/${folder}`;
    const below = (name: string): string => (folder === '' ? name : `${folder}/${name}`);
    const listing = await readFolder(path, visited).catch((error: unknown) => {
      note(path, error);
      tally.add('folder', `not readable (${reasonOf(error)})${isForbidden(error) ? '; chmod -R u+rX gives permission to its owner' : ''}`, text(folder));
      return undefined;
    });
    if (listing === undefined) continue;
    if (listing === 'seen') {
      tally.add('link', 'leading to a folder that is among the others already', text(folder));
      continue;
    }
    folderCount += 1;
    for (const { name, kind, error } of listing.others) {
      const extension = kind === 'file' ? extensionOf(name) : '';
      if (kind === 'unreadable') {
        note(`${path}/${name}`, error);
        tally.add('link', `leading nowhere that can be read (${reasonOf(error)})`, text(below(name)), { mayBeImages: !isCompanion(extensionOf(name)) });
        continue;
      }
      const label = kind === 'file' ? (name.startsWith('.') ? 'hidden' : extension === '' ? 'without extension' : text(extension)) : kind === 'special' ? 'pipe, socket or device' : 'hidden';
      others[label] = (others[label] ?? 0) + 1;
      if (kind === 'special') tally.add('image', 'not a file but a pipe, socket or device', text(below(name)), { mayBeImages: imageExtensions.has(extensionOf(name)) });
      else if (kind === 'file') sort(name, extension, below(name));
    }
    for (const [extension, { count, first }] of listing.companions) {
      others[extension] = (others[extension] ?? 0) + count;
      tally.add(`${extension} file`, 'no image', text(below(first)), { count, mayBeImages: false });
    }
    for (const name of listing.setAside) {
      if (name.startsWith('.')) others.hidden = (others.hidden ?? 0) + 1;
      setAside.push(below(name));
    }
    if (listing.images.length > 0) {
      sectionStarts.push(names.length);
      folders.push(folder);
      for (const name of listing.images) names.push(name);
    } else if (listing.folders.length === 0 && empty.length < 1000) empty.push(folder);
    // A stack: the folders go on it in reverse, so that the first comes off first.
    for (const name of listing.folders.reverse()) waiting.push(below(name));
  }
  await countSetAside(root, setAside, tally);
  await lookInside(root, unknown, others, tally);
  names.shrink();
  folders.shrink();
  const starts = sectionStarts.finish();

  function sort(name: string, extension: string, path: string): void {
    if (name.startsWith('._')) return; // AppleDouble: what macOS keeps beside a file on other disks
    if (name.startsWith('.')) {
      if (imageExtensions.has(extensionOf(name))) tally.add('image', 'hidden, since the name begins with a dot; rename to use', text(path));
      return;
    }
    const reason = reasonOfUnread(extension);
    if (reason !== undefined) tally.add(`${extension} file`, reason, text(path));
    else {
      const examples = unknown.get(extension);
      if (examples === undefined) unknown.set(extension, [path]);
      else if (examples.length < passedOverExamples) examples.push(path);
    }
  }
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
  return { size: names.length, memory, path, relativePath, sections, found: { others, unreadable, folders: folderCount }, empty, ...tally.finish() };
}

interface Listing {
  readonly images: string[];
  readonly folders: string[];
  /** Hidden folders and those of systems. */
  readonly setAside: string[];
  /** Files that accompany images, by extension: there may be as many as images, so they are only counted. */
  readonly companions: Map<string, { count: number; readonly first: string }>;
  readonly others: { readonly name: string; readonly kind: 'file' | 'special' | 'unreadable'; readonly error?: unknown }[];
}

/** Lists one folder, sorted; `seen` where it was visited before (a link back). */
async function readFolder(path: string, visited: Set<string>): Promise<Listing | 'seen'> {
  const bytes = Buffer.from(path, 'latin1');
  const { dev, ino } = await stat(bytes, { bigint: true });
  const identity = `${dev}:${ino}`;
  if (visited.has(identity)) return 'seen';
  visited.add(identity);

  const listing: Listing = { images: [], folders: [], setAside: [], companions: new Map(), others: [] };
  // The entries of a folder opened with encoding 'latin1' have names of one character for each byte.
  const entries = await opendir(bytes, { encoding: 'latin1', bufferSize: 512 });
  for await (const entry of entries) {
    const { name } = entry;
    try {
      const kind = await kindOf(entry, `${path}/${name}`);
      if (kind === 'folder') (isSystemFolder(name) ? listing.setAside : listing.folders).push(name);
      else if (kind === 'file' && !name.startsWith('.') && imageExtensions.has(extensionOf(name))) listing.images.push(name);
      else if (kind === 'file' && !name.startsWith('.') && isCompanion(extensionOf(name))) {
        const known = listing.companions.get(extensionOf(name));
        if (known === undefined) listing.companions.set(extensionOf(name), { count: 1, first: name });
        else known.count += 1;
      } else listing.others.push({ name, kind });
    } catch (error) {
      if (!name.startsWith('.')) listing.others.push({ name, kind: 'unreadable', error });
    }
  }
  listing.images.sort(naturalOrder);
  listing.folders.sort(naturalOrder);
  listing.setAside.sort(naturalOrder);
  listing.others.sort((a, b) => naturalOrder(a.name, b.name));
  return listing;
}

/** Most entries that are looked at in folders that are not used. */
const mostSetAside = 20_000;

/** Counts the images in folders that are hidden or kept by systems, so that none is left out unsaid. */
async function countSetAside(root: string, folders: readonly string[], tally: PassedOverTally): Promise<void> {
  let left = mostSetAside;
  for (const top of folders) {
    const waiting = [top];
    const name = top.slice(top.lastIndexOf('/') + 1);
    const reason = `in a folder named ${text(name)}, which ${name.startsWith('.') ? 'is hidden' : 'systems make for themselves'}; not looked into`;
    for (let folder = waiting.pop(); folder !== undefined && left > 0; folder = waiting.pop()) {
      const entries = await opendir(Buffer.from(`${root}/${folder}`, 'latin1'), { encoding: 'latin1', bufferSize: 512 }).catch(() => undefined);
      if (entries === undefined) continue;
      for await (const entry of entries) {
        if ((left -= 1) < 0) break;
        if (entry.isDirectory()) waiting.push(`${folder}/${entry.name}`);
        else if (!entry.name.startsWith('._') && imageExtensions.has(extensionOf(entry.name))) tally.add('image', reason, text(`${folder}/${entry.name}`));
      }
    }
  }
}

/** Files of endings that say nothing: some are images under another name, which the first bytes tell. */
async function lookInside(root: string, unknown: ReadonlyMap<string, readonly string[]>, others: Readonly<Record<string, number>>, tally: PassedOverTally): Promise<void> {
  let looked = 0;
  for (const [extension, paths] of unknown) {
    const count = others[extension === '' ? 'without extension' : text(extension)] ?? paths.length;
    const what = extension === '' ? 'file' : `${text(extension)} file`;
    let format: ReturnType<typeof imageFormatOf>;
    for (const path of (looked += 1) <= 100 ? paths : []) format ??= imageFormatOf(await firstBytes(Buffer.from(`${root}/${path}`, 'latin1'), 16));
    const reason = format === undefined ? 'no image' : `${format.name} by content${count === 1 ? '' : ' (the first, at least)'}, but ${extension === '' ? 'without an ending' : 'of another ending'}, so not taken; rename to ${format.ending}`;
    tally.add(what, reason, text(paths[0] ?? ''), { count, mayBeImages: format !== undefined });
  }
}

function isForbidden(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | 'special'> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice()) return 'special';
  const target = await stat(Buffer.from(path, 'latin1')); // a link, or a file system that does not tell
  return target.isFile() ? 'file' : target.isDirectory() ? 'folder' : 'special';
}

async function checkTop(top: string): Promise<void> {
  const complain = (came: string, error?: unknown) =>
    dataError(`A folder with images was needed, ${top} ${came}. Check the path.`, error);
  const found = await stat(top).catch((error: unknown) => {
    throw complain(`could not be opened (${reasonOf(error)})`, error);
  });
  if (!found.isDirectory()) throw complain('is not a folder');
  await opendir(top).then(
    (folder) => folder.close(),
    (error: unknown) => {
      throw complain(`could not be read (${reasonOf(error)})`, error);
    },
  );
}

const text = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8');
