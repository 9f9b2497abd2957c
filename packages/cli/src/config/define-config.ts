import type { SslConfig } from './config-schema.js';

/**
 * Types the configuration of `ssl train`; returns it unchanged.
 *
 * @example
 * ```ts
 * // ssl.config.ts
 * import { defineConfig } from '@ssl/cli';
 *
 * export default defineConfig({ method: 'simclr', data: './my-photos', epochs: 100 });
 * ```
 */
export function defineConfig(config: SslConfig): SslConfig {
  return config;
}
