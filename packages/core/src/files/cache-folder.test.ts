import { describe, expect, it } from 'vitest';
import { cacheFolder } from './cache-folder.js';

describe('cacheFolder', () => {
  it('prefers the option, then SSL_CACHE, then XDG_CACHE_HOME, then the home folder', () => {
    const environment = { SSL_CACHE: '/own', XDG_CACHE_HOME: '/shared' };
    expect(cacheFolder('/given', environment, '/home/me')).toBe('/given');
    expect(cacheFolder(undefined, environment, '/home/me')).toBe('/own');
    expect(cacheFolder(undefined, { ...environment, SSL_CACHE: '' }, '/home/me')).toBe('/shared/ssl');
    expect(cacheFolder(undefined, {}, '/home/me')).toBe('/home/me/.cache/ssl');
  });
});
