import { freemem, totalmem, cpus, availableParallelism } from 'node:os';
import { statfs } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { inspectBackends, useBackend, type BackendDescription, type CandidateReport } from '@ssl/backend';
import { cacheFolder, isSslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { benchMachine, speedFields, type BenchConfig, type MachineSpeed } from '../bench/bench-machine.js';
import { checkConfig } from '../config/check-config.js';
import { exitCodes } from '../exit-codes.js';
import { installedMethods } from '../methods/resolve-method.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { packageVersion } from '../program/package-version.js';
import { formatBytes } from '../progress/format.js';
import type { Output } from '../progress/output.js';

interface DoctorFlags extends CommonFlags, Pick<BenchConfig, 'data' | 'imageSize' | 'batchSize'> {
  readonly fetch: boolean;
  readonly bench?: boolean;
  readonly benchSeconds: number;
  readonly method?: string;
  readonly network?: string;
  readonly precision?: string;
}

/** `ssl doctor`: what computes here and why, and what to repair. */
export function defineDoctor(command: Command, { folder, finish }: ProgramContext): void {
  command
    .option('--no-fetch', 'look only: do not fetch libtensorflow where it is missing')
    .option('--bench', 'measure what this machine gives: products, convolutions, memory, and a training run')
    .option('--bench-seconds <number>', 'time for all of it, the start of the program too', wholeNumber, 20)
    .option('--method <name>', 'method of the measured run')
    .option('--network <name>', 'its network')
    .option('--data <folder>', 'its images: measures loading too')
    .option('--image-size <number>', 'side of its images, in pixels', wholeNumber)
    .option('--batch-size <number>', 'images of one step', wholeNumber)
    .option('--precision <format>', 'float32 or bfloat16')
    .action(async (flags: DoctorFlags) => {
      const output = outputOf(flags);
      const advice: string[] = [];
      const machine = await describeMachine(advice);
      const outcome = await tryBackend(flags.fetch);
      const methods = (await installedMethods(folder)).map(({ reference }) => reference);
      const bench = flags.bench === true && outcome.backend !== undefined ? await measure(flags, outcome.backend, folder, output) : undefined;
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify({ machine, ...outcome, methods, ...(bench === undefined ? {} : { bench }) }, undefined, 2)}\n`);
      } else {
        printSection(output, 'Machine', machine);
        printBackend(output, outcome);
        if (bench !== undefined) printSection(output, 'Speed', speedFields(bench));
        output.result(`${output.bold('Methods')}  ${methods.join(', ') || 'none installed'}`);
      }
      if (outcome.problem !== undefined) advice.push(outcome.problem);
      for (const line of advice) output.warn(`To repair: ${line}`);
      if (advice.length === 0) output.result('Nothing to repair.');
      finish(outcome.backend === undefined ? exitCodes.error : exitCodes.success);
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
  return value;
}

/** Flags are read as the configuration reads them, with its errors. */
async function measure({ method, network, data, imageSize, batchSize, precision, benchSeconds }: DoctorFlags, { device }: BackendDescription, folder: string, output: Output): Promise<MachineSpeed> {
  const given = Object.entries({ method, network, data, imageSize, batchSize, precision }).filter(([, value]) => value !== undefined);
  const config = checkConfig(Object.fromEntries(given), 'the command line');
  return benchMachine({ config, folder, output, gpu: device === 'cuda' || device === 'webgpu', seconds: benchSeconds });
}

interface BackendOutcome {
  readonly backend?: BackendDescription;
  readonly candidates: readonly CandidateReport[];
  readonly problem?: string;
}

async function tryBackend(download: boolean): Promise<BackendOutcome> {
  try {
    const backend = await useBackend({ download });
    return { backend, candidates: backend.candidates };
  } catch (error) {
    if (!isSslError(error)) throw error;
    const candidates = await inspectBackends({ download: false }).catch(() => []);
    return { candidates, problem: error.message };
  }
}

async function describeMachine(advice: string[]): Promise<Record<string, string>> {
  const cache = cacheFolder();
  const free = await freeSpace(cache);
  if (free !== undefined && free < 2e9) advice.push(`only ${formatBytes(free)} are free where the cache lies (${cache}); libtensorflow takes 1.1 GB. Free some, or set SSL_CACHE to a folder elsewhere.`);
  if (freemem() < 1.5e9) advice.push(`only ${formatBytes(freemem())} of memory are free; training needs about 1.5 GB. End other programs, or use a smaller --batch-size.`);
  const [processor] = cpus();
  return {
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    packages: `@ssl/cli ${packageVersion()}, @tensorflow/tfjs-core ${tf.version_core}`,
    processor: `${processor?.model.trim() ?? 'unknown'}, ${String(availableParallelism())} threads for this process`,
    memory: `${formatBytes(freemem())} free of ${formatBytes(totalmem())}`,
    cache: `${cache}${free === undefined ? '' : `, ${formatBytes(free)} free`}`,
    environment: ['SSL_BACKEND', 'SSL_LIBTENSORFLOW', 'SSL_THREADS', 'SSL_CACHE'].flatMap((name) => (process.env[name] === undefined ? [] : [`${name}=${process.env[name]}`])).join(' ') || 'no SSL_ variable set',
  };
}

async function freeSpace(folder: string): Promise<number | undefined> {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function printSection(output: Output, title: string, fields: Readonly<Record<string, string>>): void {
  output.result(output.bold(title));
  for (const [name, value] of Object.entries(fields)) output.result(`  ${name.padEnd(14)}${value}`);
}

function printBackend(output: Output, { backend, candidates }: BackendOutcome): void {
  if (backend !== undefined) {
    printSection(output, 'Engine', {
      device: `${backend.device} (asked for: ${backend.requested})`,
      hardware: backend.hardware,
      library: backend.implementation,
      ...(backend.library === undefined ? {} : { folder: backend.library }),
      precision: backend.precision,
      threads: String(backend.threads),
    });
    for (const note of backend.notes) output.result(`  note          ${note}`);
  }
  output.result(output.bold('Candidates, in the order of preference'));
  for (const { device, implementation, outcome, reason } of candidates) output.result(`  ${device.padEnd(8)}${outcome.padEnd(13)}${implementation}: ${reason}`);
}
