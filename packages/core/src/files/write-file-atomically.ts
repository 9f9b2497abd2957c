import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SslError } from '../errors.js';
import { holdTemporaryPath } from './temporary-path.js';

/**
 * Writes a file so that its name always leads to a whole file: to a temporary name beside it, flushed to the disk, then
 * renamed. Where writing fails, a full disk too, or the process ends, the old file stays as it was and the temporary one is removed.
 *
 * @param content - The bytes, or a function that writes them in pieces, for files that do not fit into memory. The handle is
 *   closed for it; what it throws is passed on where it is no error of the system.
 * @throws SslError with the path and the reason; the system's error is its cause.
 * @example
 * await writeFileAtomically('rows.csv', async (file) => {
 *   for await (const row of rows) await file.write(`${row.join(',')}\n`);
 * });
 */
export async function writeFileAtomically(path: string, content: Uint8Array | ((file: FileHandle) => Promise<void>)): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.partial`);
  const release = holdTemporaryPath(temporary);
  try {
    const file = await open(temporary, 'wx');
    try {
      if (typeof content === 'function') await content(file);
      else await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    if (typeof content === 'function' && (cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    const size = typeof content === 'function' ? '' : ` (${String(content.length)} bytes)`;
    throw new SslError(`${path} was to be written${size}, got: ${reason(cause)}`, {
      from: '@ssl/core',
      cause,
    });
  } finally {
    release();
  }
  await syncFolder(dirname(path));
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Free some space; the file that was there before is untouched.',
  EDQUOT: 'the quota is used up. Free some space; the file that was there before is untouched.',
  ENOENT: 'the folder does not exist. Create it first.',
  EACCES: 'no permission. Choose a folder that you may write to.',
  EROFS: 'the file system is read-only. Choose another folder.',
  EISDIR: 'a folder has this name. Choose another one.',
};

function reason(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code === undefined ? undefined : remedies[code]) ?? `${message}. Check the path.`;
}

/** Makes the renaming itself durable; not possible everywhere (Windows), and nothing is lost without it. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {
    // The renaming is done; only its flush is left to the system.
  }
}
