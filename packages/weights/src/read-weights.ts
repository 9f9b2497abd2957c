import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { decodeSafetensors, SslError, type StoredTensor } from '@ssl/core';
import { foreignFile } from './foreign-file.js';
import { fileChecksum, openRandomAccess } from './pth/random-access.js';
import { readPth, type ReadPthOptions } from './pth/read-pth.js';

/** A file of weights, of whatever form. */
export interface WeightsFile {
  readonly path: string;
  readonly form: 'safetensors' | 'zip' | 'legacy';
  /** By the file's own names. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Strings of a safetensors file's header. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly sha256: string;
  /** `config.json` beside the file, as transformers writes it. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Opens a file of weights: safetensors, or PyTorch's (told apart by their bytes, not by their names).
 *
 * @throws SslError where it cannot be read, is damaged, of another kind (with what it is and how to turn it into weights), or
 *   names what is refused.
 */
export async function readWeights(path: string, options: ReadPthOptions = {}): Promise<WeightsFile> {
  const file = await openRandomAccess(path);
  try {
    const start = await file.read(0, Math.min(512, file.size));
    // A safetensors file has the length of its header first, then a brace.
    const isSafetensors = start[8] === 0x7b && start[7] === 0;
    const foreign = isSafetensors ? undefined : foreignFile(start, basename(path));
    if (foreign !== undefined) throw new SslError(`${path} was to be a file of weights (PyTorch's or safetensors), got ${foreign.what}. ${foreign.remedy}.`, { from: '@ssl/weights' });
    const sha256 = await fileChecksum(file);
    const config = await readConfig(path);
    if (!isSafetensors) {
      const { form, tensors } = await readPth(path, options);
      return { path, form, tensors, metadata: {}, sha256, config };
    }
    const { tensors, metadata } = decodeSafetensors(await file.read(0, file.size), path);
    return { path, form: 'safetensors', tensors, metadata, sha256, config };
  } finally {
    await file.close();
  }
}

/** Nothing where there is none, or it is no JSON object. */
async function readConfig(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(join(dirname(path), 'config.json'), 'utf8'));
    return typeof value === 'object' && value !== null && 'model_type' in value ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
