import { InvalidArgumentError, Option, type Command } from 'commander';
import { deviceNames, type SslConfig } from '../config/config-schema.js';

/** Flags of commands that compute, besides `ssl train`, whose flags come from its configuration. */
export interface DeviceFlags {
  readonly device?: (typeof deviceNames)[number];
  readonly threads?: number;
}

/** Adds `--device` and `--threads`. */
export function withDeviceFlags(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'what computes').choices([...deviceNames]))
    .option('--threads <number>', 'processor threads', (text) => {
      const threads = Number(text);
      if (!Number.isInteger(threads) || threads < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
      return threads;
    });
}

/** The flags as `startBackend` takes them. */
export function parseDeviceFlags({ device, threads }: DeviceFlags): Pick<SslConfig, 'device' | 'threads'> {
  return { ...(device === undefined ? {} : { device }), ...(threads === undefined ? {} : { threads }) };
}
