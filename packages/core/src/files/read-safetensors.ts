import { open, readFile } from 'node:fs/promises';
import { SslError } from '../errors.js';
import { decodeSafetensors, type SafetensorsFile } from './decode-safetensors.js';
import { longestSafetensorsHeader } from './longest-safetensors-header.js';

/**
 * Opens a safetensors file.
 *
 * @throws SslError where the file cannot be read or is damaged.
 */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new SslError(
      `${path} was to be read, got: ${cause instanceof Error ? cause.message : String(cause)}. Check the path.`,
      { from: '@ssl/core', cause },
    );
  }
  return decodeSafetensors(bytes, path);
}

/**
 * The strings in the header of a safetensors file; its tensors are not read.
 *
 * @throws SslError where the file cannot be read or does not begin as one.
 */
export async function readSafetensorsMetadata(path: string): Promise<SafetensorsFile['metadata']> {
  const file = await open(path).catch((cause: unknown) => {
    throw new SslError(`${path} was to be read, got: ${(cause as Error).message}. Check the path.`, { from: '@ssl/core', cause });
  });
  try {
    const { size } = await file.stat();
    const start = await file.read(Buffer.alloc(8), 0, 8, 0);
    const length = start.bytesRead < 8 ? Number.NaN : Number(start.buffer.readBigUInt64LE());
    if (!(length <= Math.min(longestSafetensorsHeader, size - 8))) return (await readSafetensors(path)).metadata; // says what is wrong
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, 8);
    const { __metadata__: metadata } = JSON.parse(buffer.toString('utf8')) as { __metadata__?: unknown };
    return typeof metadata === 'object' && metadata !== null ? (metadata as SafetensorsFile['metadata']) : {};
  } catch (error) {
    if (error instanceof SyntaxError) return (await readSafetensors(path)).metadata;
    throw error;
  } finally {
    await file.close();
  }
}
