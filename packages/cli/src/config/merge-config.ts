import type { SslConfig } from './config-schema.js';

/** `over` on top of `base`; nested objects field by field. */
export function mergeConfig(base: SslConfig, over: SslConfig): SslConfig {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = nested.has(key) && isRecord(below) && isRecord(value) ? { ...below, ...value } : value;
  }
  return merged as SslConfig;
}

const nested: ReadonlySet<string> = new Set<keyof SslConfig>(['optimizer', 'checkpoint', 'methodOptions']);

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
