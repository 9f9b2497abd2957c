import { compile, withPrecision, type Precision } from '@ssl/core';
import { batchNormTraining } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { convolvesInBfloat16 } from '../tensorflow/bfloat16-support.js';
import { recordOperations } from '../tensorflow/index.js';
import { usesOneDnn } from '../tensorflow/uses-one-dnn.js';
import { useBackend } from '../use-backend.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

const channels = 16;
/** Those in which oneDNN has the pass. */
const precisions: readonly Precision[] = convolvesInBfloat16() ? ['float32', 'bfloat16'] : ['float32'];

/** Convolution, norm, ReLU, as in a ResNet. */
const layer = (x: tf.Tensor, filter: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
  tf.relu(batchNormTraining(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 0), scale as tf.Tensor1D, offset as tf.Tensor1D).y);

test.runIf(usesOneDnn()).each(precisions)('a norm and its ReLU are one pass in a compiled function, with the gradients of the eager operations (%s)', async (precision) => {
  const random = (shape: number[], seed: number) => tf.randomNormal(shape, 0.3, 1, 'float32', seed);
  const inputs = [random([8, 6, 6, 4], 1), random([1, 1, 4, channels], 2), random([channels], 3), random([channels], 4)];
  const weights = random([8, 6, 6, channels], 5);
  const gradients = tf.grads((...[x, filter, scale, offset]: tf.Tensor[]) => tf.sum(tf.mul(layer(x!, filter!, scale!, offset!), weights)));
  const step = compile(({ all }: { all: tf.Tensor[] }) => gradients(all), { name: 'norm and relu', precision });
  const recorder = recordOperations('norm and relu');
  const compiled = await step({ all: inputs });
  recorder.stop();
  const kinds = recorder.runs[0]!.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.endsWith('FusedBatchNormEx'))).toHaveLength(1);
  expect(kinds).not.toContain('Relu');
  withPrecision(precision, () => gradients(inputs)).forEach((expected, index) => {
    const error = tf.div(tf.norm(tf.sub(compiled[index]!, expected)), tf.norm(expected)).dataSync()[0]!;
    expect(error).toBeLessThan(1e-5);
  });
  step.dispose();
});
