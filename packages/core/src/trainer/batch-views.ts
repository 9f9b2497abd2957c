import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import type { HostBatch, Views, ViewsInput } from '../batch.js';
import { compile } from '../engine.js';
import { imagesFromBytes } from '../ops/images-from-bytes.js';
import { randomKey } from '../random/random-key.js';
import type { StepBatch } from './train-state.js';

/** Brings a batch to the device and makes its views there, in a compiled function of its own. */
export interface BatchViews {
  make(batch: HostBatch, step: number): Promise<StepBatch>;
  dispose(): void;
}

/** The key of a step's views is `(seed, step, 'views')`; `totalSteps` is what their progress is measured by. */
export function batchViews(views: Views, seed: number, totalSteps: number): BatchViews {
  const compiled = compile(
    (input: Omit<ViewsInput, 'key'> & { step: Scalar }): StepBatch => {
      const made = views({ ...input, key: randomKey(seed, input.step, 'views') });
      return { views: made.views, extras: { ...made.extras } };
    },
    { name: 'views', precision: 'float32' },
  );
  return {
    async make({ pixels, shape, aspects, labels }, step) {
      const input = {
        images: imagesFromBytes(pixels, [...shape]),
        aspects: tf.tensor1d(aspects),
        ...(labels === undefined ? {} : { labels: tf.tensor1d(labels, 'int32') }),
        step: tf.scalar(step),
        progress: tf.scalar(step / totalSteps),
      };
      try {
        return await compiled(input);
      } finally {
        tf.dispose(input);
      }
    },
    dispose: () => compiled.dispose(),
  };
}
