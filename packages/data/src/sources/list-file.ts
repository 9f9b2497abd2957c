import { createReadStream } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { readRegularFile } from '../read-file.js';
import { LabelNames } from './label-names.js';
import { NameTable } from './name-table.js';

/** Longest line of a list, in bytes. */
const longestLine = 16_384;

/** The packed content of a list file. */
export interface ListFile extends Dataset {
  /** Bytes of memory that the list of paths takes. */
  readonly indexMemory: number;
}

/**
 * Images named in a text file: one path a line, relative to the file's folder or absolute, and after a tab the class, if there
 * are classes. The order is that of the file. Paths may be of any bytes; nothing but the list is read until images are.
 *
 * @throws SslError with file and line where a line is no path.
 * @example
 * // cats/1.jpg<TAB>cat
 * const data = await listFile('train.txt');
 */
export async function listFile(path: string): Promise<ListFile> {
  const folder = Buffer.from(dirname(resolve(path))).toString('latin1');
  const names = new NameTable();
  const labels = new LabelNames();
  let line = 0;
  const take = (text: string): void => {
    line += 1;
    const bare = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (bare === '') return;
    const tab = bare.indexOf('\t');
    const name = tab < 0 ? bare : bare.slice(0, tab);
    if (name === '' || name.includes('\0')) {
      throw dataError(`${path}: a path was needed in line ${line}, got ${JSON.stringify(name.slice(0, 40))}. Is this a list of paths?`);
    }
    names.push(name);
    const label = tab < 0 ? '' : bare.slice(tab + 1).trim();
    labels.push(label === '' ? undefined : Buffer.from(label, 'latin1').toString('utf8'));
  };
  let rest = '';
  try {
    for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) take(text);
      if (rest.length > longestLine) {
        throw dataError(`${path}: lines of at most ${longestLine} bytes were needed, line ${line + 1} is longer. Is this a list of paths?`);
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw dataError(`A list of images was needed, ${path} could not be read (${reasonOf(error)}). Check the path.`, error);
  }
  take(rest);
  if (names.length === 0) throw dataError(`A list of images was needed, ${path} names none. Write one path a line.`);
  names.shrink();
  const bytesOf = (index: number): Buffer => {
    const name = names.at(index);
    return Buffer.from(name.startsWith('/') ? name : `${folder}/${name}`, 'latin1');
  };
  return {
    name: basename(path),
    size: names.length,
    channels: 3,
    indexMemory: names.memory,
    ...labels.finish(),
    describe: (index) => bytesOf(index).toString('utf8'),
    nameOf: (index) => Buffer.from(names.at(index), 'latin1').toString('utf8'),
    read: async (index) => ({ kind: 'encoded', bytes: await readRegularFile(bytesOf(index)) }),
  };
}
