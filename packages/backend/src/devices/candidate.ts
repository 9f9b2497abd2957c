import type { Engine, Precision } from '@ssl/core';
import type { LibraryProgress } from '../library/library-progress.js';
import type { Compiler } from './compiler.js';
import type { ConcreteDevice } from './device.js';

/** Settings after options, environment and defaults were put together. */
export interface BackendSettings {
  readonly precision: Precision;
  /** Processor threads that one operation may use. */
  readonly threads: number;
  /** Bit for bit the same from run to run, on libtensorflow. */
  readonly deterministic: boolean;
  /** XLA for the elementwise parts of compiled functions, on libtensorflow. */
  readonly xla: boolean;
  /** Folder of libtensorflow or path of a wheel; fetched into the cache where left out. */
  readonly library: string | undefined;
  readonly cacheFolder: string | undefined;
  /** False: a missing library is a reason against the device instead of a download. */
  readonly download: boolean;
  readonly onProgress: ((progress: LibraryProgress) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A device that runs. */
export interface StartedDevice {
  readonly engine: Engine;
  /** Name under which it is registered with tfjs-core. */
  readonly tfjsBackend: string;
  /** 'libtensorflow 2.21.0', '@tensorflow/tfjs-backend-wasm 4.22.0'. */
  readonly implementation: string;
  /** Folder of the native library, where there is one. */
  readonly library?: string;
  /** What compiles the functions; absent where they run operation by operation. */
  readonly compiler?: Compiler;
  /** What the user should know: settings that have no effect here. */
  readonly notes: readonly string[];
}

/** One way to run tensors, before it is known to work. */
export interface Candidate {
  readonly device: ConcreteDevice;
  /** What would run: 'libtensorflow', '@tensorflow/tfjs-node'. */
  readonly implementation: string;
  /** A quick look that loads and fetches nothing: why this one cannot work here, or nothing. */
  obstacle(settings: BackendSettings): Promise<string | undefined>;
  /** Loads it, makes it tfjs-core's backend, runs a first operation. Throws where it does not work. */
  start(settings: BackendSettings): Promise<StartedDevice>;
}

/** What became of one candidate. */
export interface CandidateReport {
  readonly device: ConcreteDevice;
  readonly implementation: string;
  /** 'taken'; 'available': would work as far as a quick look tells; 'unavailable'; 'failed': was tried and threw. */
  readonly outcome: 'taken' | 'available' | 'unavailable' | 'failed';
  readonly reason: string;
}
