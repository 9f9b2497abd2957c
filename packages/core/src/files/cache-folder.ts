import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where fetched files are kept: the given folder, else `SSL_CACHE`, else `$XDG_CACHE_HOME/ssl`, else `~/.cache/ssl`. */
export function cacheFolder(given?: string, environment: Environment = process.env, home = homedir()): string {
  if (given !== undefined) return resolve(given);
  const { SSL_CACHE: own, XDG_CACHE_HOME: shared } = environment;
  if (own !== undefined && own !== '') return resolve(own);
  return join(shared !== undefined && shared !== '' ? resolve(shared) : join(home, '.cache'), 'ssl');
}
