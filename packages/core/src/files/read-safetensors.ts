import { readFile } from 'node:fs/promises';
import { SslError } from '../errors.js';
import { decodeSafetensors, type SafetensorsFile } from './decode-safetensors.js';

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
