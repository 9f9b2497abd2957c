import { progressPrinter, useBackend, type BackendDescription } from '@ssl/backend';
import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';

export interface StartBackendSettings extends Pick<SslConfig, 'device' | 'precision' | 'threads'> {
  /** XLA for the elementwise parts. */
  readonly xla?: boolean;
}

/** Starts the engine and says which one and why. */
export async function startBackend({ device, precision, threads, xla = false }: StartBackendSettings, output: Output): Promise<BackendDescription> {
  const backend = await useBackend({
    ...(device === undefined ? {} : { device }),
    ...(precision === undefined ? {} : { precision }),
    ...(threads === undefined ? {} : { threads }),
    xla,
    onProgress: progressPrinter(process.stderr),
  });
  output.event('backend', { ...backend });
  output.line(`Computing on ${backend.device}: ${backend.hardware}, ${backend.implementation}, ${backend.precision}${backend.compiler === 'xla' ? ', XLA' : ''}.`);
  for (const { device: name, outcome, reason } of backend.candidates) if (outcome === 'failed') output.warn(`Note: ${name} was tried first and does not work here: ${reason}`);
  for (const note of backend.notes) output.warn(`Note: ${note}`);
  return backend;
}
