import { childSeed, disposeTree, randomKey, SslError, warmupCosine } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { ImageSet } from '../embed/image-set.js';
import { takeImages } from '../embed/take-images.js';
import { shuffledRows } from '../probes/shuffled-rows.js';
import type { FineTuneSettings } from './fine-tune-options.js';
import type { FineTuneState, FineTuneStep } from './fine-tune-step.js';

export interface TrainClassifierInput {
  readonly step: FineTuneStep;
  /** Taken over: it is disposed of. */
  readonly state: FineTuneState;
  readonly images: ImageSet;
  /** For 256 images a batch. */
  readonly learningRate: number;
  readonly settings: FineTuneSettings;
  readonly onProgress?: (step: number, steps: number) => void;
}

/** Runs the steps of fine-tuning; the caller disposes of the state. */
export async function trainClassifier(input: TrainClassifierInput): Promise<{ state: FineTuneState; steps: number; losses: number[] }> {
  const { step: run, images, settings, onProgress } = input;
  const [count] = images.shape;
  const batchSize = Math.min(settings.batchSize, count);
  const perEpoch = Math.floor(count / batchSize);
  const steps = Math.max(settings.epochs * perEpoch, settings.leastSteps);
  const warmupSteps = Math.min(settings.warmupEpochs * perEpoch, Math.floor(steps / 10));
  const rate = warmupCosine({ peak: (input.learningRate * batchSize) / 256, warmupSteps });
  const losses: number[] = [];
  let { state } = input;
  let order: Int32Array = new Int32Array(0);
  let sum = 0;
  try {
    for (let step = 0; step < steps; step++) {
      const place = step % perEpoch;
      if (place === 0) order = shuffledRows(count, childSeed(settings.seed, step));
      const batch = takeImages(images, order.subarray(place * batchSize, (place + 1) * batchSize));
      const inputs = {
        images: imagesFromBytes(batch.pixels, batch.shape),
        aspects: tf.tensor1d(batch.aspects),
        labels: tf.tensor1d(batch.labels!, 'int32'),
        learningRate: tf.scalar(rate(step, steps)),
        step: tf.scalar(step),
        progress: tf.scalar(step / steps),
        key: randomKey(settings.seed, step, 'fine-tuning'),
      };
      const next = await run({ state, ...inputs });
      const [loss] = await next.loss.data<'float32'>();
      disposeTree(state);
      tf.dispose([inputs, next.loss]);
      state = next.state;
      if (!Number.isFinite(loss)) {
        throw new SslError(
          `fine-tuning needs a finite loss, got ${String(loss)} at step ${String(step)} of ${String(steps)} with a learning rate of ${String(input.learningRate)}. Lower the rate, or clip gradients (clipNorm).`,
          { from: '@ssl/eval' },
        );
      }
      sum += loss!;
      if (place === perEpoch - 1 || step === steps - 1) {
        losses.push(sum / (place + 1));
        sum = 0;
      }
      onProgress?.(step + 1, steps);
    }
    return { state, steps, losses };
  } catch (error) {
    disposeTree(state);
    throw error;
  }
}
