import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder for everything that is fetched or computed once: `SSL_CACHE`, else `$XDG_CACHE_HOME/ssl`, else `~/.cache/ssl`. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { SSL_CACHE: own, XDG_CACHE_HOME: common } = environment;
  if (own !== undefined && own !== '') return own;
  return common !== undefined && common !== '' ? join(common, 'ssl') : join(homedir(), '.cache', 'ssl');
}
