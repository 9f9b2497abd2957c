import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

/** Size of a file in bytes, as a stamp of its content. */
export async function sizeStamp(path: string | Buffer): Promise<string> {
  return String((await stat(path)).size);
}

/** Largest image file that is read, in bytes. */
export const largestImageFile = 2 ** 29;

/**
 * Reads a whole regular file. A pipe, a device or a directory under that name is refused instead of waited for, and so
 * is a file larger than `most`.
 *
 * @param path Path; bytes where it is not UTF-8.
 */
export async function readRegularFile(path: string | Buffer, most: number = largestImageFile): Promise<Uint8Array> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size, isFile } = await file.stat().then((stat) => ({ size: stat.size, isFile: stat.isFile() }));
    if (!isFile) throw new Error('not a regular file');
    if (size === 0) throw new Error('the file is empty (0 bytes)');
    if (size > most) throw new Error(`the file has ${size} bytes, over the limit of ${most}`);
    const bytes = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
      if (bytesRead === 0) throw new Error(`the file ended after ${filled} of ${size} bytes`);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}
