import process from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import { registerEngine, type Precision } from '@ssl/core';
import { addonCandidate } from './devices/addon-candidate.js';
import { resolveOptions, type UseBackendOptions } from './devices/backend-settings.js';
import type { BackendSettings, Candidate, CandidateReport } from './devices/candidate.js';
import type { Compiler } from './devices/compiler.js';
import { chooseDevice } from './devices/choose-device.js';
import type { ConcreteDevice, Device } from './devices/device.js';
import { importModule } from './devices/import-module.js';
import { checkForSecondCore } from './devices/second-tfjs-core.js';
import { tensorflowCandidate } from './devices/tensorflow-candidate.js';
import { registerGradients } from './tensorflow/index.js';
import { jsCandidate } from './js/js-candidate.js';
import { wasmCandidate } from './wasm/wasm-candidate.js';
import { webgpuCandidate } from './webgpu/webgpu-candidate.js';

/** What runs the tensors now, and why. */
export interface BackendDescription {
  readonly device: ConcreteDevice;
  /** What was asked for, 'auto' included. */
  readonly requested: Device;
  /** Name of the engine that `@ssl/core` compiles with: 'tensorflow', 'webgpu', 'wasm', 'js'. */
  readonly engine: string;
  /** Name of the tfjs backend. */
  readonly tfjsBackend: string;
  /** For people: 'CPU, 2 threads'. */
  readonly hardware: string;
  /** 'libtensorflow 2.21.0'. */
  readonly implementation: string;
  readonly precision: Precision;
  readonly threads: number;
  /** Folder of the native library, where there is one. */
  readonly library?: string;
  /** What compiles the functions; absent where they run operation by operation. */
  readonly compiler?: Compiler;
  /** Every candidate in the order of preference, whether it was taken, and why not. */
  readonly candidates: readonly CandidateReport[];
  /** Settings without effect, a second copy of tfjs-core, and the like. */
  readonly notes: readonly string[];
}

let current: BackendDescription | undefined;

/**
 * Picks the device that runs the tensors, registers it with tfjs-core and `@ssl/core`, and says which and why.
 *
 * @param options device, precision, threads, library; each beats its environment variable
 *   (`SSL_BACKEND`, `SSL_THREADS`, `SSL_LIBTENSORFLOW`)
 * @returns the decision, with a reason for every candidate
 * @throws SslError where the wanted device does not work, an option is wrong, or two versions of tfjs-core are loaded
 *
 * @example
 * ```ts
 * const backend = await useBackend({ device: 'auto' });
 * backend.device; // 'cpu'
 * ```
 */
export async function useBackend(options: UseBackendOptions = {}): Promise<BackendDescription> {
  const { device, addon, settings } = resolveOptions(options, process.env);
  await registerGradients();
  const choice = await chooseDevice(device, candidatesFor(addon), settings);
  const { started } = choice;
  await tf.setBackend(started.tfjsBackend);
  const duplicates = checkForSecondCore();
  registerEngine(started.engine);
  current = {
    device: choice.device,
    requested: device,
    engine: started.engine.name,
    tfjsBackend: started.tfjsBackend,
    hardware: started.engine.device,
    implementation: started.implementation,
    precision: started.engine.precision,
    threads: settings.threads,
    ...(started.library === undefined ? {} : { library: started.library }),
    ...(started.compiler === undefined ? {} : { compiler: started.compiler }),
    candidates: choice.candidates,
    notes: [...duplicates, ...started.notes, ...(settings.xla && started.compiler === undefined ? [`'${choice.device}' runs operation by operation; xla was ignored`] : [])],
  };
  return current;
}

/** The decision of the last {@link useBackend}, or nothing before the first. */
export function describeBackend(): BackendDescription | undefined {
  return current;
}

/**
 * Looks at every candidate without loading, fetching or registering anything: what `ssl doctor` prints
 * where {@link useBackend} fails.
 */
export async function inspectBackends(options: UseBackendOptions = {}): Promise<CandidateReport[]> {
  const { addon, settings } = resolveOptions(options, process.env);
  return Promise.all(candidatesFor(addon).map((candidate) => inspect(candidate, settings)));
}

async function inspect(candidate: Candidate, settings: BackendSettings): Promise<CandidateReport> {
  const { device, implementation } = candidate;
  const obstacle = await candidate.obstacle(settings);
  return obstacle === undefined
    ? { device, implementation, outcome: 'available', reason: 'nothing stands in its way' }
    : { device, implementation, outcome: 'unavailable', reason: obstacle };
}

/** In the order of preference. */
function candidatesFor(addon: boolean): Candidate[] {
  const native = addon
    ? [addonCandidate('cuda', importModule), addonCandidate('cpu', importModule)]
    : [tensorflowCandidate('cuda'), tensorflowCandidate('cpu')];
  return [...native, webgpuCandidate(importModule), wasmCandidate, jsCandidate];
}
