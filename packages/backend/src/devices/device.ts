import { SslError } from '@ssl/core';

/** Devices that a user can name. `auto` takes the first of the others that works. */
export const devices = ['auto', 'cuda', 'cpu', 'webgpu', 'wasm', 'js'] as const;

/**
 * - `cuda`: libtensorflow on an NVIDIA GPU,
 * - `cpu`: libtensorflow on the processor,
 * - `webgpu`: tfjs's WebGPU backend over Dawn,
 * - `wasm`: tfjs's WebAssembly backend,
 * - `js`: plain JavaScript.
 */
export type Device = (typeof devices)[number];

/** A device that runs tensors: every {@link Device} but `auto`. */
export type ConcreteDevice = Exclude<Device, 'auto'>;

/** What people type when they mean one of ours. */
const synonyms: Readonly<Record<string, Device>> = {
  gpu: 'cuda',
  nvidia: 'cuda',
  tensorflow: 'cpu',
  libtensorflow: 'cpu',
  native: 'cpu',
  node: 'cpu',
  javascript: 'js',
  webassembly: 'wasm',
  webgl: 'webgpu',
  best: 'auto',
};

/** Reads a device name; `source` says where it was written (`SSL_BACKEND`), for the error. */
export function parseDevice(value: string, source: string): Device {
  const name = value.trim().toLowerCase();
  const known = devices.find((device) => device === name);
  if (known !== undefined) return known;
  const meant = synonyms[name] ?? devices.find((device) => editDistance(device, name) <= 2);
  const suggestion = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  throw new SslError(
    `${source} must be one of ${devices.map((device) => `'${device}'`).join(', ')}, got '${value}'.${suggestion}`,
    { from: '@ssl/backend' },
  );
}

/** Levenshtein distance of two short words. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
