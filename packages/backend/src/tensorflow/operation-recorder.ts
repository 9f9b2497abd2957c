import { SslError } from '@ssl/core';
import type { TensorflowBinding } from './binding.js';
import { activeBackend } from './run-op.js';
import type { OperationRecord } from './step-stats.js';
import * as tf from '@tensorflow/tfjs-core';
import { backendName } from './backend-name.js';

/** Collects what the operations of compiled functions take. */
export interface OperationRecorder {
  /** Operations of each call so far, in the order of the calls. */
  readonly runs: readonly (readonly OperationRecord[])[];
  /** Ends the recording; functions run as before. */
  stop(): void;
}

/** A recording under way. */
export interface Recording {
  wants(name: string): boolean;
  take(operations: readonly OperationRecord[]): void;
}

/**
 * Records what each operation takes in every call of the compiled functions whose name contains `name`, until it is stopped.
 * Such a call is traced once more, runs in a session that times its operations after the library's own optimisation of the
 * graph, and keeps JavaScript waiting. Results are those of the same operations.
 *
 * @throws SslError where another engine than 'tensorflow' is active, or a recording is under way.
 *
 * @example
 * const recorder = recordOperations('training step');
 * await step(input);
 * recorder.runs[0]!.filter(({ kind }) => kind.includes('Conv2D'));
 * recorder.stop();
 */
export function recordOperations(name: string): OperationRecorder {
  if (tf.getBackend() !== backendName) {
    throw new SslError(`recordOperations needs the engine 'tensorflow', but '${tf.getBackend()}' is active. Call useBackend({ device: 'cpu' }) first.`, { from: '@ssl/backend' });
  }
  const binding: TensorflowBinding = activeBackend().binding;
  if (binding.recording !== undefined) throw new SslError('recordOperations was called while another recording is under way. Stop that first.', { from: '@ssl/backend' });
  const runs: (readonly OperationRecord[])[] = [];
  const recording: Recording = {
    wants: (candidate) => candidate.includes(name),
    take: (operations) => runs.push(operations),
  };
  binding.recording = recording;
  return {
    runs,
    stop() {
      if (binding.recording === recording) binding.recording = undefined;
    },
  };
}
