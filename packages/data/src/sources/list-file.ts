import { open, type FileHandle } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { PassedOverTally } from '../passed-over.js';
import { readRegularFile, sizeStamp } from '../read-file.js';
import { refuseStandIn } from '../stand-in.js';
import { LabelNames } from './label-names.js';
import { exists, headerOf, listForm, type ListForm } from './list-lines.js';
import { NameTable } from './name-table.js';

/** Longest line of a list, in bytes. */
const longestLine = 16_384;

/** Lines that show how a list is written. */
const linesTried = 64;

/** Most lines whose files are looked for when a list is opened, and of which repetitions are counted. */
const linesChecked = 10_000;

/** The packed content of a list file. */
export interface ListFile extends Dataset {
  /** Bytes of memory that the list of paths takes. */
  readonly indexMemory: number;
}

/**
 * Images named in a text file: one path a line, relative to the file's folder or absolute, and after a tab the class, if there
 * are classes. The order is that of the file. Paths may be of any bytes. Lists of other programs are read too, where they name files so: a blank, comma or semicolon before
 * the class, a line of column names, UTF-16, any line ends, `#` before remarks; `notes` then says how. Of the files only whether they are there is looked at, for
 * 10,000 lines at even distances.
 *
 * @throws SslError with file and line where a line is no path, or where no line names a file.
 * @example
 * // cats/1.jpg<TAB>cat
 * const data = await listFile('train.txt');
 */
export async function listFile(path: string): Promise<ListFile> {
  await refuseStandIn(path);
  const folder = Buffer.from(dirname(resolve(path))).toString('latin1');
  const locate = (name: string): Buffer => Buffer.from(name.startsWith('/') ? name : `${folder}/${name}`, 'latin1');
  const names = new NameTable();
  const labels = new LabelNames();
  const tally = new PassedOverTally();
  const notes: string[] = [];
  let waiting: { readonly text: string; readonly line: number }[] | undefined = [];
  let form: ListForm | undefined;
  let line = 0;

  const take = ({ text, line: number }: { readonly text: string; readonly line: number }): void => {
    const { name, label } = form!.parse(text);
    if (name === '' || name.includes('\0')) throw noPath(path, number, name);
    names.push(name);
    labels.push(label === undefined ? undefined : Buffer.from(label, 'latin1').toString('utf8'));
  };
  /** Finds the form by the first lines, then takes them. */
  const begin = async (): Promise<void> => {
    const lines = waiting ?? [];
    waiting = undefined;
    const wrong = lines.find(({ text }) => text.startsWith('\t') || text.includes('\0'));
    if (wrong !== undefined) throw noPath(path, wrong.line, wrong.text.split('\t')[0] ?? '');
    const [first] = lines;
    const header = first === undefined || (await exists(locate(first.text.split('\t')[0] ?? ''))) ? undefined : headerOf(first.text);
    const rows = header === undefined ? lines : lines.slice(1);
    if (rows.length === 0) return;
    const texts = rows.slice(0, linesTried).map(({ text }) => text);
    form = await listForm(texts, header, locate);
    if (form === undefined) throw await noFile(path, texts, locate);
    if (header !== undefined) notes.push(`line ${first?.line ?? 1} is read as names of columns`);
    if (form.note !== undefined) notes.push(form.note);
    for (const row of rows) take(row);
  };
  const isRemark = async (text: string): Promise<boolean> => !(await exists(locate(text.split('\t')[0] ?? '')));
  try {
    for await (const lines of linesOf(path)) {
      for (const text of lines) {
        line += 1;
        if (text.length > longestLine) throw tooLong(path, line);
        if (text.trim() === '' && !text.includes('\t')) continue;
        if (text.startsWith('#') && (await isRemark(text))) tally.add('line', 'a remark (it begins with #)', undefined, { mayBeImages: false });
        else if (waiting === undefined) take({ text, line });
        else if (waiting.push({ text, line }) > linesTried) await begin();
      }
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw dataError(`A list of images was needed, ${path} could not be read (${reasonOf(error)}). Check the path.`, error);
  }
  if (waiting !== undefined) await begin();
  if (names.length === 0) throw dataError(`A list of images was needed, ${path} names none. Write one path a line.`);
  names.shrink();
  const bytesOf = (index: number): Buffer => locate(names.at(index));
  await lookForFiles(names, locate, tally);
  notes.push(...repetitions(names));
  return {
    name: basename(path),
    size: names.length,
    channels: 3,
    indexMemory: names.memory,
    ...labels.finish(),
    ...tally.finish(),
    ...(notes.length === 0 ? {} : { notes }),
    describe: (index) => bytesOf(index).toString('utf8'),
    nameOf: (index) => Buffer.from(names.at(index), 'latin1').toString('utf8'),
    stamp: (index) => sizeStamp(bytesOf(index)),
    read: async (index) => ({ kind: 'encoded', bytes: await readRegularFile(bytesOf(index)) }),
  };
}

/** Lines of a text file, some at a time, one character for each byte of UTF-8, without line ends and byte order mark. */
async function* linesOf(path: string): AsyncGenerator<string[], void> {
  const file = await open(path);
  try {
    const start = Buffer.alloc(2 ** 16);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const first = start.subarray(0, bytesRead);
    const text = decoded(first);
    // Old Macs end lines with CR alone; a name may hold one elsewhere.
    const end = text.includes('\n') || !text.includes('\r') ? /\r?\n/ : /\r/;
    let rest = '';
    let number = 0;
    for await (const chunk of chunksOf(file, first)) {
      const lines = (rest + chunk).split(end);
      rest = lines.pop() ?? '';
      number += lines.length;
      if (rest.length > longestLine) throw tooLong(path, number + 1);
      yield lines;
    }
    yield [rest.endsWith('\r') ? rest.slice(0, -1) : rest];
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle, first: Buffer): AsyncGenerator<string, void> {
  const encoding = wideEncoding(first);
  const skip = encoding !== undefined ? 2 : first.subarray(0, 3).equals(Buffer.of(0xef, 0xbb, 0xbf)) ? 3 : 0;
  const decoder = encoding === undefined ? undefined : new TextDecoder(encoding);
  for await (const chunk of file.createReadStream({ start: skip, autoClose: false })) {
    const bytes = chunk as Buffer;
    yield decoder === undefined ? bytes.toString('latin1') : Buffer.from(decoder.decode(bytes, { stream: true })).toString('latin1');
  }
}

function decoded(bytes: Buffer): string {
  const encoding = wideEncoding(bytes);
  return encoding === undefined ? bytes.toString('latin1') : new TextDecoder(encoding).decode(bytes);
}

function wideEncoding(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  return bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : undefined;
}

/** Counts files that are not there. They stay in the set, for the place of an image must not depend on its file: loaders count them as broken. */
async function lookForFiles(names: NameTable, locate: (name: string) => Buffer, tally: PassedOverTally): Promise<void> {
  const count = Math.min(names.length, linesChecked);
  const reason = `naming no file that is there${count < names.length ? `; of ${count.toLocaleString('en-US')} lines that were looked at` : ''}`;
  for (let first = 0; first < count; first += 256) {
    const some = Array.from({ length: Math.min(256, count - first) }, (_, k) => names.at(Math.floor(((first + k) * names.length) / count)));
    const there = await Promise.all(some.map((name) => exists(locate(name))));
    for (const [k, name] of some.entries()) if (there[k] !== true) tally.add('line', reason, Buffer.from(name, 'latin1').toString('utf8'));
  }
}

function repetitions(names: NameTable): string[] {
  if (names.length > linesChecked) return [];
  const seen = new Set<string>();
  for (let index = 0; index < names.length; index += 1) seen.add(names.at(index));
  const again = names.length - seen.size;
  return again === 0 ? [] : [`${again} ${again === 1 ? 'line names a file' : 'lines name files'} that a line before names; each counts as an image of its own`];
}

function noPath(path: string, line: number, name: string): Error {
  const wide = name.includes('\0') ? ' UTF-16 is read where the file begins with its mark; else save it as UTF-8.' : '';
  return dataError(`${path}: a path was needed in line ${line}, got ${JSON.stringify(name.slice(0, 40))}. Is this a list of paths?${wide}`);
}

function tooLong(path: string, line: number): Error {
  return dataError(`${path}: lines of at most ${longestLine} bytes were needed, line ${line} is longer. Is this a list of paths?`);
}

/** The error where none of the first lines names a file: what was looked for, and the likely reason. */
async function noFile(path: string, lines: readonly string[], locate: (name: string) => Buffer): Promise<Error> {
  const name = lines[0]?.split('\t')[0] ?? '';
  const text = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('utf8');
  const fromHere = await exists(Buffer.from(resolve(text(name))));
  const spelled = name.startsWith('~/') ? `${homedir()}${text(name).slice(1)}` : locate(name).toString('utf8');
  const sought = spelled.slice(0, 300);
  const hint = /^[a-z]+:\/\//i.test(name)
    ? 'These are addresses: fetch the images first, and list their files.'
    : fromHere
      ? `From the current folder it is there, but paths begin at the folder of the list: put the list into ${resolve('.')}, or write absolute paths.`
      : 'Write one path a line, relative to the folder of the list or absolute, and a tab (not a blank) between path and class.';
  return dataError(
    `${path}: lines that name image files were needed; of the first ${lines.length} none does. The first says ${JSON.stringify(text(lines[0] ?? '').slice(0, 120))}, and ${sought} is not there. ${hint}`,
  );
}
