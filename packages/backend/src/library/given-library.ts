import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SslError } from '@ssl/core';
import { libraryFiles } from './wheel.js';

/** A library that the user named, and where. */
export interface GivenLibrary {
  readonly path: string;
  /** 'library' or 'SSL_LIBTENSORFLOW', for errors. */
  readonly source: string;
}

/** The option, else `SSL_LIBTENSORFLOW`, else nothing. */
export function givenLibrary(option: string | undefined): GivenLibrary | undefined {
  if (option !== undefined) return { path: resolve(option), source: 'library' };
  const variable = process.env.SSL_LIBTENSORFLOW;
  return variable === undefined || variable === '' ? undefined : { path: resolve(variable), source: 'SSL_LIBTENSORFLOW' };
}

/**
 * Checks what the user named: a wheel, or a folder with the libraries (or with a `tensorflow` folder that holds them,
 * as site-packages does). Returns the wheel's path or the libraries' folder.
 */
export async function useGivenLibrary({ path, source }: GivenLibrary): Promise<{ path: string; isWheel: boolean }> {
  const names = libraryFiles();
  const refuse = (came: string): SslError =>
    new SslError(
      `${source} should name a folder with ${names.join(' and ')}, or a TensorFlow wheel (*.whl), but ${came}. An installed Python TensorFlow has them in site-packages/tensorflow; leave ${source} out to have them fetched.`,
      { from: '@ssl/backend' },
    );
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw refuse(`${path} does not exist`);
  if (!found.isDirectory()) {
    if (!path.endsWith('.whl')) throw refuse(`${path} is another file`);
    return { path, isWheel: true };
  }
  for (const folder of [path, join(path, 'tensorflow')]) {
    const files = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
    if (files.every((file) => file?.isFile() === true)) return { path: folder, isWheel: false };
  }
  throw refuse(`${path} does not hold them`);
}
