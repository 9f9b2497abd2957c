import { closeSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import { show } from './run-folder.js';

export interface OutputFileOptions {
  /** Where the user stands. */
  readonly folder: string;
  /** What names the file on the command line, for messages. */
  readonly flag?: string;
  /** Endings that it may have; left out: any. */
  readonly endings?: readonly string[];
}

/**
 * The absolute path of a file that a command writes at its end, checked before the work begins: its folder is made where it is
 * missing, and a file is put there and taken away again.
 *
 * @throws UsageError for another ending, a name that a folder has, or a folder that cannot be made or written.
 */
export function outputFile(given: string, { folder, flag = '--out', endings }: OutputFileOptions): string {
  if (endings !== undefined && !endings.includes(extname(given).toLowerCase())) {
    throw new UsageError(`${flag} needs a file with the ending ${endings.join(', ')}, got ${given}.`);
  }
  const path = resolve(folder, given);
  if (given === '' || isFolder(path)) {
    throw new UsageError(`${flag} needs the name of a file, got the folder ${show(path)}. Write for instance ${join(show(path), `result${endings?.[0] ?? ''}`)}.`);
  }
  const home = dirname(path);
  const trial = join(home, `.${basename(path)}.00000000.partial`); // as long as the name that it is written under first
  try {
    mkdirSync(home, { recursive: true });
    closeSync(openSync(trial, 'w'));
    rmSync(trial, { force: true });
  } catch (cause) {
    throw new UsageError(`${flag} needs a file that can be written, ${show(path)} cannot be: ${reason(cause as NodeJS.ErrnoException)} Give another place.`, { cause });
  }
  return path;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // not there, or out of reach: writing to it will tell
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'there is no permission.',
  EPERM: 'there is no permission.',
  EROFS: 'the file system is read-only.',
  ENOTDIR: 'a part of its path is a file.',
  EEXIST: 'a part of its path is a file.',
  ENAMETOOLONG: 'the name is too long.',
  ENOSPC: 'the disk is full.',
  EDQUOT: 'the quota is used up.',
};

function reason({ code = '', message }: NodeJS.ErrnoException): string {
  return reasons[code] ?? `${message}.`;
}
