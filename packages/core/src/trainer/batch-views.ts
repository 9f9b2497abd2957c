import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { HostBatch, HostExtra, Views, ViewsInput } from '../batch.js';
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
    async make({ pixels, shape, aspects, labels, extras }, step) {
      const input = {
        images: imagesFromBytes(pixels, [...shape]),
        aspects: tf.tensor1d(aspects),
        ...(labels === undefined ? {} : { labels: tf.tensor1d(labels, 'int32') }),
        ...(extras === undefined ? {} : { extras: mapExtras(extras) }),
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

function mapExtras(extras: Readonly<Record<string, HostExtra>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(extras).map(([name, { values, shape }]) => [name, tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32')]),
  );
}
