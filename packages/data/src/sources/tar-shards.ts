import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { largestImageFile } from '../read-file.js';
import { PassedOverTally, passedOverText } from '../passed-over.js';
import { sectionOf } from '../section-of.js';
import { refuseStandIn } from '../stand-in.js';
import { FilePool } from './file-pool.js';
import { filesOfFolder, partsOfFiles } from './files-of-folder.js';
import { extensionOf, imageExtensions, imageFormatOf, isCompanion, isSystemFolder, reasonOfUnread } from './image-endings.js';
import { LabelNames } from './label-names.js';
import { NameTable } from './name-table.js';
import { PackedNumbers } from './packed-numbers.js';
import { relativeNames } from './relative-names.js';
import { tarEntries, type TarEntry } from './tar-entries.js';

export interface TarShards extends Dataset {
  readonly shards: readonly string[];
  /** Bytes of memory that the index takes. */
  readonly indexMemory: number;
}

/**
 * Images in tar archives, in the layout of WebDataset: files that share their name up to the first dot are one sample, with the image
 * (`.jpg`, `.png` …), its class (`.cls`, a number or a name) and its caption (`.txt`). Only headers are read when the set is opened;
 * after that each image is read from its place, in any order. Nothing is unpacked. `passedOver` says which members were not taken, and why.
 *
 * @param paths An archive, a folder of archives, or several of either. `shard-{000..127}.tar` stands for a range.
 * @throws SslError where an archive is damaged (with the byte), compressed, or no image is there.
 */
export async function tarShards(paths: string | readonly string[]): Promise<TarShards> {
  const tally = new PassedOverTally();
  const shards = await findShards(typeof paths === 'string' ? [paths] : paths, tally);
  const pool = new FilePool(shards);
  const shardNames = relativeNames(shards);
  const index = samplesIndex(tally);
  for (const shard of shards) {
    const size = await stat(shard).then(
      (found) => found.size,
      (error: unknown) => {
        throw dataError(`A tar archive was needed, ${shard} could not be opened (${reasonOf(error)}). Check the path.`, error);
      },
    );
    await refuseStandIn(shard);
    const shardNumber = shards.indexOf(shard);
    index.beginShard(shardNames[shardNumber] ?? '');
    const read = ({ offset, size: length }: TarEntry, most: number) => pool.read(shardNumber, offset, Math.min(length, most));
    for await (const entry of tarEntries(shard, size)) await index.take(entry, read);
    index.endSample();
  }
  const { names, offsets, lengths, captionOffsets, captionLengths, starts, labels } = index.finish();
  if (names.length === 0) {
    await pool.close();
    throw dataError(`Tar archives with images were needed, ${shards.length} archives (${basename(shards[0] ?? '')} …) hold none.${notTaken(tally)} Check what is in them.`);
  }
  const shardOf = (image: number): number => sectionOf(starts, image);
  const notes = [...index.notes(), ...partsOfFiles(shardNames)];
  const member = (image: number): string => Buffer.from(names.at(image), 'latin1').toString('utf8');
  const memory = names.memory + offsets.byteLength + lengths.byteLength + captionOffsets.byteLength + captionLengths.byteLength;
  return {
    name: basename(shards[0] ?? ''),
    size: names.length,
    channels: 3,
    shards,
    indexMemory: memory + (labels.labels?.byteLength ?? 0),
    ...labels,
    ...tally.finish(),
    ...(notes.length === 0 ? {} : { notes }),
    describe: (image) => `${shards[shardOf(image)] ?? ''}:${member(image)}`,
    nameOf: (image) => `${shardNames[shardOf(image)] ?? ''}/${member(image).replace(/^(\.\/)+/, '')}`,
    stamp: (image) => Promise.resolve(String(lengths[image] ?? 0)),
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
function samplesIndex(tally: PassedOverTally) {
  const names = new NameTable();
  const offsets = new PackedNumbers(Float64Array);
  const lengths = new PackedNumbers(Uint32Array);
  const captionOffsets = new PackedNumbers(Float64Array);
  const captionLengths = new PackedNumbers(Uint32Array);
  const starts = new PackedNumbers(Float64Array);
  const labels = new LabelNames();
  let captions = 0;
  let shardName = '';
  let json = 0;
  let classFiles = 0;
  const place = (name: string): string => `${shardName}/${Buffer.from(name, 'latin1').toString('utf8')}`;
  let sample: { key: string; image?: TarEntry; label?: string; caption?: TarEntry } = { key: '' };

  const endSample = (): void => {
    const { key, image, label, caption } = sample;
    sample = { key: '' };
    if (image === undefined) {
      if (label !== undefined) tally.add('label', 'standing apart from its image; in an archive the files of one sample follow one another under one name', place(`${key}.cls`));
      if (caption !== undefined) tally.add('text', 'of no image', place(caption.name), { mayBeImages: false });
      return;
    }
    names.push(image.name);
    offsets.push(image.offset);
    lengths.push(Math.min(image.size, 2 ** 32 - 1));
    captionOffsets.push(caption?.offset ?? 0);
    captionLengths.push(caption?.size ?? 0);
    labels.push(label);
    if (caption !== undefined) captions += 1;
  };
  /** Hidden members, those in folders of systems, and what has no content here. */
  const isAside = ({ name, kind }: TarEntry, file: string): boolean => {
    if (file.startsWith('._')) return true; // AppleDouble: what macOS keeps beside a file on other disks
    const isImage = imageExtensions.has(extensionOf(file));
    const told = { mayBeImages: isImage };
    const folder = name.split('/').slice(0, -1).find((part) => part !== '.' && part !== '..' && isSystemFolder(part));
    if (folder !== undefined) tally.add(isImage ? 'image' : 'file', `in a folder named ${folder}, which is hidden or made by a system`, place(name), told);
    else if (file.startsWith('.')) tally.add(isImage ? 'image' : 'file', 'hidden, since the name begins with a dot', place(name), told);
    else if (kind === 'link') tally.add('link', 'not followed inside an archive; pack the files themselves (tar --dereference --hard-dereference)', place(name), told);
    else if (kind === 'sparse') tally.add('sparse file', 'not read; pack without --sparse', place(name), told);
    else return false;
    return true;
  };
  /** Of an ending that says nothing: what the first few of its files are by their first bytes. */
  const looked = new Map<string, { tries: number; format?: string }>();
  const lookInside = async (entry: TarEntry, extension: string, read: (entry: TarEntry, most: number) => Promise<Uint8Array>): Promise<string | undefined> => {
    if (imageExtensions.has(extension) || isCompanion(extension) || reasonOfUnread(extension) !== undefined) return undefined;
    const known = looked.get(extension) ?? { tries: 0 };
    if (known.format === undefined && known.tries < 3 && looked.size < 100) {
      const format = imageFormatOf(await read(entry, 16))?.name;
      looked.set(extension, { tries: known.tries + 1, ...(format === undefined ? {} : { format }) });
      return format;
    }
    return known.format;
  };
  const passOver = ({ name }: TarEntry, file: string, extension: string, format: string | undefined): void => {
    const last = extensionOf(file);
    const reason = reasonOfUnread(last);
    if (extension === '.json') json += 1;
    if (imageExtensions.has(last)) {
      tally.add('image', 'with a further dot in its name, as WebDataset names what belongs to a sample (NAME.seg.png beside NAME.png); rename where it is a sample of its own', place(name));
    } else if (reason !== undefined) tally.add(`${last} file`, reason, place(name));
    else tally.add(last === '' ? 'file' : `${last} file`, format === undefined ? 'no image' : `${format} by content, but not of an ending of images; rename to be read`, place(name), { mayBeImages: format !== undefined });
  };
  return {
    beginShard: (name: string): void => {
      starts.push(names.length);
      shardName = name;
    },
    /** What lies in JSON is often taken for a class by other programs. */
    notes: (): string[] => (json > 0 && classFiles === 0 ? [`${json} .json files are not read: a class comes from NAME.cls, a caption from NAME.txt`] : []),
    endSample,
    async take(entry: TarEntry, read: (entry: TarEntry, most: number) => Promise<Uint8Array>): Promise<void> {
      const file = entry.name.slice(entry.name.lastIndexOf('/') + 1);
      if (isAside(entry, file)) return;
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
      } else if (extension === '.cls' && entry.size <= 256) {
        classFiles += 1;
        sample.label = Buffer.from(await read(entry, 256)).toString('utf8').trim();
      } else if (extension === '.txt' && entry.size > 0 && entry.size <= 65_536) sample.caption = entry;
      else passOver(entry, file, extension, await lookInside(entry, extensionOf(file), read));
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
async function findShards(paths: readonly string[], tally: PassedOverTally): Promise<string[]> {
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
      const inside = await filesOfFolder(path, '.tar', tally);
      if (inside.length === 0) throw dataError(`A folder with .tar files was needed, ${path} has none. Check the path.`);
      found.push(...inside);
    }
  }
  return found;
}

function notTaken(tally: PassedOverTally): string {
  const { passedOver = [] } = tally.finish();
  return passedOver.length === 0 ? '' : ` Not taken: ${passedOver.slice(0, 4).map(passedOverText).join('; ')}.`;
}
