import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';

/** What a line says. Texts have one character for each byte. */
export interface ListLine {
  readonly name: string;
  readonly label?: string;
}

/** A way to write a list. */
export interface ListForm {
  /** For people; nothing for the usual form: a path, and after a tab the class. */
  readonly note?: string;
  parse(line: string): ListLine;
}

type Columns = (line: string) => readonly string[];

const byTab: Columns = (line) => line.split('\t');
/** A class is the last word: paths may have spaces. */
const bySpace: Columns = (line) => /^(.*\S)\s+(\S+)\s*$/.exec(line)?.slice(1) ?? [line];
const byMark = (mark: string): Columns => (line) => line.includes('"') ? quotedFields(line, mark) : line.split(mark);

/** Fields of a CSV line: quotes may hold the mark, and two of them mean one. */
function quotedFields(line: string, mark: string): string[] {
  const fields: string[] = [];
  const field = new RegExp(`\\s*(?:"((?:[^"]|"")*)"|([^${mark}]*))(?:${mark}|$)`, 'y');
  while (field.lastIndex < line.length) {
    const found = field.exec(line);
    if (found === null) return [line];
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (!found[0].endsWith(mark)) break;
  }
  return fields;
}

const separators: readonly (readonly [note: string, columns: Columns])[] = [
  ['', byTab],
  ['path, blank, class (no tab)', bySpace],
  ['path, comma, class (no tab)', byMark(',')],
  ['path, semicolon, class (no tab)', byMark(';')],
  ['path, bar, class (no tab)', byMark('|')],
];

const home = Buffer.from(homedir()).toString('latin1');

const spellings: readonly (readonly [note: string, spell: (path: string) => string])[] = [
  ['', (path) => path],
  ['blanks around paths left out', (path) => path.trim()],
  ['quotes around paths left out', (path) => path.trim().replace(/^(["'])(.*)\1$/, '$2')],
  ['\\ read as /', (path) => path.trim().replaceAll('\\', '/')],
  ['~ read as your home folder', (path) => path.trim().replace(/^~(?=\/)/, home)],
  ['file:// left out', (path) => path.trim().replace(/^file:\/\//, '')],
];

/** Names of columns in the first line of a table. */
const pathColumn = /^(path|paths|file|files|filename|file_?name|file_?path|image|images|img|image_?path|image_?name|image_?file|img_?path)$/i;
const weakPathColumn = /^(name|image_?id|id)$/i;
const labelColumn = /^(label|labels|class|classes|class_?name|category|target|y|species|fine_?label)$/i;

/** The first line of a table, where it is one: which column is what. */
export function headerOf(line: string): { readonly path: number; readonly label: number } | undefined {
  for (const [, columns] of separators) {
    const names = columns(line).map((name) => name.trim().replaceAll('"', ''));
    const strong = names.findIndex((name) => pathColumn.test(name));
    const path = strong >= 0 ? strong : names.findIndex((name) => weakPathColumn.test(name));
    const label = names.findIndex((name) => labelColumn.test(name));
    if (path >= 0 && (label >= 0 || names.length === 1)) return { path, label };
  }
  return undefined;
}

/**
 * Finds how a list is written: in the usual form where any of its first lines names a file so, else in the form in which most of them do.
 *
 * @param lines The first lines, without what is no path.
 * @param locate The absolute path of a name.
 * @returns The form; undefined where the lines name no file in any form.
 */
export async function listForm(lines: readonly string[], header: { readonly path: number; readonly label: number } | undefined, locate: (name: string) => Buffer): Promise<ListForm | undefined> {
  let best: { readonly form: ListForm; readonly found: number } | undefined;
  for (const [separated, columns] of separators) {
    for (const [spelled, spell] of spellings) {
      const { path, label } = header ?? { path: 0, label: 1 };
      const parse = (line: string): ListLine => {
        const fields = columns(line);
        const text = fields.length > 1 ? fields[label]?.trim() : undefined;
        return { name: spell(fields[path] ?? fields[0] ?? ''), ...(text === undefined || text === '' ? {} : { label: text }) };
      };
      const there = await Promise.all(lines.map(async (line) => exists(locate(parse(line).name))));
      const found = there.filter(Boolean).length;
      const notes = [separated, spelled].filter((note) => note !== '');
      if (found > 0 && notes.length === 0) return { parse };
      if (found > (best?.found ?? 0)) best = { form: { parse, note: `its lines name files where they are read so: ${notes.join('; ')}` }, found };
    }
  }
  return best?.form;
}

/** True for a regular file. */
export function exists(path: Buffer): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
