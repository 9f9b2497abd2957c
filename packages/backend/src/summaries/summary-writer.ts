import { SslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';

/** Writes one TensorBoard event file. */
export interface SummaryWriter {
  /** One point of a curve; `step` is a whole number. Throws where it cannot be written. */
  scalar(name: string, value: number, step: number): void;
  /** Writes what is buffered. */
  flush(): void;
  /** Writes what is buffered and closes the file. */
  close(): void;
}

/** What tfjs-node's backend offers for TensorBoard. */
interface SummaryBackend {
  summaryWriter(folder: string): tf.Tensor;
  createSummaryFileWriter(resource: tf.Tensor, folder: string, queue: number, flushMilliseconds: number, suffix: string): void;
  writeScalarSummary(resource: tf.Tensor, step: number, name: string, value: number): void;
  flushSummaryWriter(resource: tf.Tensor): void;
  executeMultipleOutputs(name: string, attributes: readonly never[], inputs: readonly tf.Tensor[], outputs: number): tf.Tensor[];
}

const queue = 200;
const flushMilliseconds = 10_000;

/**
 * Opens a TensorBoard log, written by libtensorflow's own summary operations.
 *
 * @param folder Made if it is not there; a new event file is put beside older ones.
 * @throws SslError where another engine than libtensorflow computes.
 *
 * @example
 * ```ts
 * const writer = summaryWriter('runs/first/tensorboard');
 * writer.scalar('train/loss', 4.2, 1);
 * writer.close();
 * ```
 */
export function summaryWriter(folder: string): SummaryWriter {
  if (tf.getBackend() !== 'tensorflow') {
    throw new SslError(`a TensorBoard log is written by libtensorflow, and '${tf.getBackend()}' computes here. Use device 'cpu' or 'cuda' for one.`, {
      from: '@ssl/backend',
    });
  }
  const backend = tf.backend() as unknown as SummaryBackend;
  const resource = backend.summaryWriter(folder);
  tf.tidy(() => {
    backend.createSummaryFileWriter(resource, folder, queue, flushMilliseconds, '.v2');
  });
  let open = true;
  return {
    scalar(name, value, step) {
      tf.tidy(() => {
        backend.writeScalarSummary(resource, step, name, value);
      });
    },
    flush() {
      backend.flushSummaryWriter(resource);
    },
    close() {
      if (!open) return;
      open = false;
      backend.executeMultipleOutputs('CloseSummaryWriter', [], [resource], 0);
      resource.dispose();
    },
  };
}
