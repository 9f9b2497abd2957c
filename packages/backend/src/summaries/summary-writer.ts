import { SslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';

/** Writes one TensorBoard event file. */
export interface SummaryWriter {
  /** One point of a curve; `step` is a whole number. Throws where it cannot be written. */
  scalar(name: string, value: number, step: number): void;
  /** Pictures, each as a PNG: bytes `[count, height, width, channels]` of 1, 3 or 4 channels. Throws where they do not fit. */
  image(name: string, images: SummaryImages, step: number): void;
  /** Writes what is buffered. */
  flush(): void;
  /** Writes what is buffered and closes the file. */
  close(): void;
}

/** Packed bytes; a `HostBatch` is one. */
export interface SummaryImages {
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number, number];
}

/** The part of the engine's binding that takes types which tfjs does not know. */
interface SummaryBinding {
  readonly TF_INT64: number;
  readonly TF_UINT8: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_TYPE: number;
  createTensor(shape: readonly number[], type: number, values: Uint8Array | Int32Array): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: readonly { name: string; type: number; value: number }[], inputs: readonly number[], outputs: number): unknown;
}

/** What tfjs-node's backend offers for TensorBoard. */
interface SummaryBackend {
  readonly binding: SummaryBinding;
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
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
    image(name, images, step) {
      tf.tidy(() => {
        writeImages(backend, [resource, tf.scalar(name, 'string')], images, step);
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

/** Shown in place of a float that is not finite; bytes are always fine, so any colour does. */
const badColour = [255, 0, 0, 255];

function writeImages(
  backend: SummaryBackend,
  [writer, tag]: readonly [tf.Tensor, tf.Tensor],
  { pixels, shape }: SummaryImages,
  step: number,
): void {
  const [count, height, width, channels] = shape;
  if (pixels.length !== count * height * width * channels || ![1, 3, 4].includes(channels)) {
    throw new SslError(
      `pictures for TensorBoard need bytes [count, height, width, channels] of 1, 3 or 4 channels, got [${shape.join(', ')}] and ${String(pixels.length)} bytes. ` +
        'Choose three of the channels.',
      { from: '@ssl/backend' },
    );
  }
  const { binding } = backend;
  const [writerId, tagId] = backend.getInputTensorIds([writer, tag]) as [number, number];
  // int64 as two int32, the lower one first.
  const stepId = binding.createTensor([], binding.TF_INT64, Int32Array.of(step, 0));
  const pixelsId = binding.createTensor(shape, binding.TF_UINT8, pixels);
  const colourId = binding.createTensor([channels], binding.TF_UINT8, Uint8Array.from(badColour.slice(0, channels)));
  try {
    const attributes = [
      { name: 'max_images', type: binding.TF_ATTR_INT, value: count },
      { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_UINT8 },
    ];
    binding.executeOp('WriteImageSummary', attributes, [writerId, stepId, tagId, pixelsId, colourId], 0);
  } finally {
    for (const id of [stepId, pixelsId, colourId]) binding.deleteTensor(id);
  }
}
