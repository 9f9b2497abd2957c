import { open, stat } from 'node:fs/promises';
import { dataError } from './data-error.js';

/**
 * What bytes are that came in the place of a file: the pointer that Git LFS leaves where a file was not fetched, or the page of a server that
 * did not give it. Undefined where they are neither.
 * @param bytes The first bytes of the file.
 */
export function standInFor(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 300)).toString('latin1').replace(/^\u00EF\u00BB\u00BF/, '').trimStart();
  if (text.startsWith('version https://git-lfs')) return 'a Git LFS pointer, not the file itself: run "git lfs pull" in its repository';
  if (/^<(?:!doctype html|html|head|body)/i.test(text)) return 'a web page, not the file itself: the download asked for something else (a login, a licence); fetch it again';
  if (/^<\?xml[^>]*>\s*<Error>/.test(text) || /^(404: |Not Found|Entry not found|Access denied|AccessDenied)/i.test(text)) {
    return `the answer of a server that did not give the file (${JSON.stringify(text.slice(0, 40))}); fetch it again`;
  }
  return undefined;
}

/** Refuses a file that is empty, or that something else stands in for; does nothing where it cannot be read, which its reader tells better. */
export async function refuseStandIn(path: string): Promise<void> {
  if (await isEmptyFile(path)) throw dataError(`${path} is empty (0 bytes), as after a download that failed or a full disk. Fetch or write it again.`);
  const standIn = standInFor(await firstBytes(path, 300));
  if (standIn !== undefined) throw dataError(`${path} is ${standIn}.`);
}

async function isEmptyFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === 0;
}

/** The first bytes of a file, as many as there are; none where it cannot be read. */
export async function firstBytes(path: string | Buffer, count: number): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      if (!(await file.stat()).isFile()) return Buffer.alloc(0);
      const { bytesRead, buffer } = await file.read(Buffer.alloc(count), 0, count, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}
