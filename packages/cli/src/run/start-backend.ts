import { progressPrinter, useBackend, type BackendDescription } from '@ssl/backend';
import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';

/** Starts the engine and says which one and why. */
export async function startBackend({ device, precision, threads }: Pick<SslConfig, 'device' | 'precision' | 'threads'>, output: Output): Promise<BackendDescription> {
  const backend = await useBackend({
    ...(device === undefined ? {} : { device }),
    ...(precision === undefined ? {} : { precision }),
    ...(threads === undefined ? {} : { threads }),
    onProgress: progressPrinter(process.stderr),
  });
  output.event('backend', { ...backend });
  output.line(`Computing on ${backend.device}: ${backend.hardware}, ${backend.implementation}, ${backend.precision}.`);
  for (const { device: name, outcome, reason } of backend.candidates) if (outcome === 'failed') output.warn(`Note: ${name} was tried first and does not work here: ${reason}`);
  for (const note of backend.notes) output.warn(`Note: ${note}`);
  return backend;
}
