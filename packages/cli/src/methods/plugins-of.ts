import type { MethodPlugin } from '@ssl/core';
import { UsageError } from '../usage-error.js';

/** A plugin whose options are known only at run time. */
export type AnyPlugin = MethodPlugin;

/**
 * The plugins that a module exports as `methods`.
 *
 * @param source Its name, for errors.
 * @throws UsageError where the export is missing or is no list of plugins.
 */
export function pluginsOf(module: Readonly<Record<string, unknown>>, source: string): AnyPlugin[] {
  const { methods } = module;
  if (!Array.isArray(methods) || methods.length === 0) {
    throw new UsageError(
      `${source} must export \`methods\`, a list of method plugins; it exports ${Object.keys(module).join(', ') || 'nothing'}. See MethodPlugin of @ssl/core.`,
    );
  }
  return methods.map((plugin: unknown, index) => checkPlugin(plugin, `methods[${String(index)}] of ${source}`));
}

function checkPlugin(plugin: unknown, place: string): AnyPlugin {
  const fields = (typeof plugin === 'object' && plugin !== null ? plugin : {}) as Partial<Record<keyof AnyPlugin, unknown>>;
  if (fields.specVersion !== 'ssl-plugin/1') {
    throw new UsageError(`${place} must have specVersion 'ssl-plugin/1', got ${JSON.stringify(fields.specVersion) ?? 'none'}. Update the package, or @ssl/cli.`);
  }
  const missing = (['name', 'summary', 'defaults', 'smallData', 'create'] as const).filter((field) => fields[field] === undefined);
  if (missing.length > 0) throw new UsageError(`${place} lacks ${missing.join(', ')}. See MethodPlugin of @ssl/core.`);
  return plugin as AnyPlugin;
}
