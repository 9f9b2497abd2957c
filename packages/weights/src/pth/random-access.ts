import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { SslError } from '@ssl/core';

/** A file that is read piece by piece: checkpoints can be larger than one buffer. */
export interface RandomAccess {
  readonly path: string;
  readonly size: number;
  /** Bytes from `offset` on; throws an SslError where the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Bytes that one call of the system reads. */
const piece = 1 << 30;

/** Opens a file. @throws SslError where it cannot be read. */
export async function openRandomAccess(path: string): Promise<RandomAccess> {
  let handle: FileHandle;
  let size: number;
  try {
    handle = await open(path, 'r');
    const found = await handle.stat();
    if (found.isDirectory()) {
      await handle.close();
      throw new Error('a folder. Give a file in it');
    }
    size = found.size;
  } catch (cause) {
    throw new SslError(`${path} was to be read, got: ${cause instanceof Error ? cause.message : String(cause)}. Check the path.`, { from: '@ssl/weights', cause });
  }
  return {
    path,
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) throw endsTooEarly(path, offset, length, size);
      const bytes = Buffer.allocUnsafeSlow(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(piece, length - done), offset + done);
        if (bytesRead === 0) throw endsTooEarly(path, offset, length, size);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

function endsTooEarly(path: string, offset: number, length: number, size: number): SslError {
  return new SslError(`${path} ends too early: ${String(length)} bytes from byte ${String(offset)} on were needed, the file has ${String(size)}. Fetch the file again.`, { from: '@ssl/weights' });
}

/** SHA-256 of a whole file, as hexadecimal digits. */
export async function fileChecksum(file: RandomAccess): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < file.size; offset += 1 << 24) hash.update(await file.read(offset, Math.min(1 << 24, file.size - offset)));
  return hash.digest('hex');
}
