import { existsSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import { checkConfig } from './check-config.js';
import type { SslConfig } from './config-schema.js';
import { importUserModule } from './import-user-module.js';

/** Names that are looked for in the working folder, in this order. */
export const configFiles = ['ssl.config.ts', 'ssl.config.mts', 'ssl.config.js', 'ssl.config.mjs', 'ssl.config.json'] as const;

export interface LoadedConfig {
  readonly config: SslConfig;
  /** The file, where there is one. */
  readonly path?: string;
}

/**
 * Reads `ssl.config.ts` (or its sisters) of a folder, or the file that was named. Paths in it are taken from where it lies.
 *
 * @throws UsageError where the named file is missing, cannot be run, or does not fit.
 */
export async function loadConfig(folder: string, named?: string): Promise<LoadedConfig> {
  const path = named === undefined ? configFiles.map((name) => resolve(folder, name)).find((file) => existsSync(file)) : resolve(folder, named);
  if (path === undefined) return { config: {} };
  if (!existsSync(path)) throw new UsageError(`A configuration file was needed, ${path} is not there. Give another with --config, or leave --config out.`);
  let exported: unknown;
  try {
    exported = await importUserModule(path);
  } catch (cause) {
    throw new UsageError(`${path} could not be run: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const value = (exported as { default?: unknown }).default ?? exported;
  return { config: withAbsolutePaths(checkConfig(value, path), dirname(path)), path };
}

function withAbsolutePaths(config: SslConfig, folder: string): SslConfig {
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  const isPath = (text: string): boolean => /[/\\]/.test(text) || existsSync(resolve(folder, text));
  const located = (data: string): string => (isPath(data) ? absolute(data) : data);
  return {
    ...config,
    ...(config.data === undefined ? {} : { data: typeof config.data === 'string' ? located(config.data) : config.data.map(located) }),
    ...(config.output === undefined ? {} : { output: absolute(config.output) }),
  };
}
