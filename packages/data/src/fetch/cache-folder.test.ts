import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

it('follows SSL_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
  expect(cacheFolder({ SSL_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ SSL_CACHE: '', XDG_CACHE_HOME: '/b' })).toBe('/b/ssl');
  expect(cacheFolder({})).toBe(`${homedir()}/.cache/ssl`);
});
