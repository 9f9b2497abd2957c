import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import yauzl from 'yauzl';

/** Which members of a zip to unpack. */
export type MemberFilter = (path: string) => boolean;

/**
 * Unpacks some members of a zip (a Python wheel) as streams: nothing is held in memory.
 *
 * @returns SHA-256 of each unpacked file by its path in the zip
 */
export async function unpackMembers(
  archive: string,
  folder: string,
  wanted: MemberFilter,
  { onBytes, signal }: { readonly onBytes?: (count: number) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<Map<string, string>> {
  const checksums = new Map<string, string>();
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      const path = entry.fileName;
      if (path.endsWith('/') || !wanted(path)) continue;
      const target = join(folder, path);
      if (!target.startsWith(normalize(folder) + sep)) throw new Error(`${archive}: '${path}' leads out of the folder`);
      await mkdir(dirname(target), { recursive: true });
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      checksums.set(path, await store(await zip.openReadStreamPromise(entry), target, mode === 0 ? 0o644 : mode, onBytes, signal));
    }
  } finally {
    zip.close();
  }
  return checksums;
}

/** Reads a small member as text. */
export async function readMember(archive: string, wanted: MemberFilter): Promise<string | undefined> {
  const zip = await yauzl.openPromise(archive);
  try {
    for await (const entry of zip.eachEntry()) {
      if (!wanted(entry.fileName)) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    }
  } finally {
    zip.close();
  }
  return undefined;
}

async function store(
  content: Readable,
  target: string,
  mode: number,
  onBytes?: (count: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        onBytes?.(chunk.length);
        yield chunk;
      }
    },
    createWriteStream(target, { mode }),
    signal === undefined ? {} : { signal },
  );
  return hash.digest('hex');
}
