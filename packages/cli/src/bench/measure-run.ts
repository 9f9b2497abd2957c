import { compile, disposeTree, randomKey, train, type BatchLoader, type HostBatch, type ViewsInput } from '@ssl/core';
import { imageLoader, type Dataset } from '@ssl/data';
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltRun } from '../run/build-run.js';
import { trainingOfRun } from '../run/training-of-run.js';
import { median, medianSeconds } from './repeat.js';

/** Images a second of the parts of a training run. */
export interface RunSpeed {
  /** Views and training step, one after the other, without waiting for data. */
  readonly step: number;
  /** The views alone. */
  readonly augmentation: number;
  /** Reading and decoding, which runs beside the steps. */
  readonly loading: number;
}

/** Measures a run on noise, and its loading on `dataset`, with the loader's memory or without. What compiling takes counts against the time. */
export async function measureRun(run: BuiltRun, dataset: Dataset, { budgetSeconds, keepDecoded }: { budgetSeconds: number; keepDecoded: boolean }): Promise<RunSpeed> {
  const start = performance.now();
  const left = (): number => Math.max(0, budgetSeconds - (performance.now() - start) / 1000);
  const augmentation = await measureViews(run, left() / 5);
  const loading = await measureLoading(run, dataset, { budgetSeconds: left() / 3, keepDecoded });
  return { augmentation, loading, step: await measureStep(run, left()) };
}

function noise({ description: { batchSize, imageSize, channels } }: BuiltRun): HostBatch {
  return {
    pixels: Uint8Array.from({ length: batchSize * imageSize * imageSize * channels }, (_, at) => (at * 7919) % 256),
    shape: [batchSize, imageSize, imageSize, channels],
    indices: Int32Array.from({ length: batchSize }, (_, at) => at),
    aspects: new Float32Array(batchSize).fill(1),
  };
}

async function measureViews(run: BuiltRun, budgetSeconds: number): Promise<number> {
  const { pixels, shape, aspects } = noise(run);
  const views = compile((input: Omit<ViewsInput, 'key'> & { step: tf.Scalar }) => ({ views: run.views({ ...input, key: randomKey(0, input.step, 'views') }).views }), { name: 'views', precision: 'float32' });
  const input = { images: tf.tensor4d(Float32Array.from(pixels, (value) => value / 255), [...shape]), aspects: tf.tensor1d(aspects), step: tf.scalar(0), progress: tf.scalar(0) };
  try {
    const seconds = await medianSeconds(async () => {
      const made = await views(input);
      await made.views[0]!.data();
      disposeTree(made);
    }, budgetSeconds);
    return shape[0] / seconds;
  } finally {
    views.dispose();
    tf.dispose(input);
  }
}

/** Trains on one batch of noise until the time is over; the first step, which compiles, does not count. */
async function measureStep(run: BuiltRun, budgetSeconds: number): Promise<number> {
  const { description } = run;
  const batch = noise(run);
  const loader: BatchLoader = {
    batchSize: description.batchSize,
    batchesPerEpoch: description.stepsPerEpoch,
    async *batches() {
      for (;;) yield await Promise.resolve(batch);
    },
    close: () => Promise.resolve(),
  };
  const seconds: number[] = [];
  const started = performance.now();
  const stop = new AbortController();
  const result = await train({
    ...trainingOfRun(run),
    loader,
    seed: 0,
    monitorEvery: 0,
    signal: stop.signal,
    hooks: [
      {
        name: 'bench',
        onStep(event) {
          if (event.step > 1) seconds.push(event.seconds);
          if (seconds.length >= 2 && (performance.now() - started) / 1000 > budgetSeconds) stop.abort();
        },
      },
    ],
  });
  result.dispose();
  return description.batchSize / median(seconds);
}

async function measureLoading({ description: { imageSize, channels, batchSize } }: BuiltRun, dataset: Dataset, { budgetSeconds, keepDecoded }: { budgetSeconds: number; keepDecoded: boolean }): Promise<number> {
  const size = Math.min(batchSize, dataset.size);
  const loader = imageLoader(dataset, { size: imageSize, channels, batchSize: size, seed: 0, ...(keepDecoded ? {} : { cacheBytes: 0 }) });
  try {
    const batches = loader.batches({ epoch: 0, batch: 0 })[Symbol.asyncIterator]();
    await batches.next(); // starts the workers
    const start = performance.now();
    let count = 0;
    let seconds = 0;
    while (count < 2 || seconds < budgetSeconds) {
      await batches.next();
      count++;
      seconds = (performance.now() - start) / 1000;
    }
    await batches.return?.();
    return (count * size) / seconds;
  } finally {
    await loader.close();
  }
}
