import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '@ssl/core/ops';
import { beforeAll, expect, test } from 'vitest';
import { registerTrainingKernels } from '../kernels/register-training-kernels.js';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { createTensorflowEngine } from './engine.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';

let tensorflow: TensorflowBackend;

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2, deterministic: true });
  await tf.setBackend('tensorflow');
  registerTrainingKernels();
});

function digest(tensors: readonly tf.Tensor[]): string {
  const hash = createHash('sha256');
  for (const tensor of tensors) hash.update(Buffer.from((tensor.dataSync() as Float32Array).buffer));
  return hash.digest('hex');
}

test.each(['float32', 'bfloat16'] as const)('two %s runs of the same training are equal bit for bit, each compiled anew', async (precision) => {
  const engine = createTensorflowEngine(tensorflow);
  const run = async () => {
    const labels = tf.oneHot(tf.tensor1d(Array.from({ length: 64 }, (_, i) => i % 8), 'int32'), 8);
    const step = engine.compile(
      ({ kernel, scale, offset, weight, x }: Record<string, tf.Tensor>) => {
        const loss = (...values: tf.Tensor[]) => {
          const [k, s, o, w] = values as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D];
          const { y } = batchNormTraining(tf.conv2d(x as tf.Tensor4D, k, 1, 'same'), s, o);
          return tf.losses.softmaxCrossEntropy(labels, tf.matMul(tf.mean(tf.relu(y), [1, 2]) as tf.Tensor2D, w)) as tf.Tensor;
        };
        const parameters = [kernel, scale, offset, weight] as tf.Tensor[];
        const { grads } = tf.valueAndGrads(loss)(parameters);
        return parameters.map((parameter, index) => tf.sub(parameter, tf.mul(grads[index]!, 0.1)));
      },
      { precision },
    );
    const x = tf.randomNormal([64, 16, 16, 3], 0, 1, 'float32', 1);
    let parameters: readonly tf.Tensor[] = [tf.randomNormal([3, 3, 3, 32], 0, 0.3, 'float32', 2), tf.ones([32]), tf.zeros([32]), tf.randomNormal([32, 8], 0, 0.3, 'float32', 3)];
    for (let index = 0; index < 20; index++) {
      const [kernel, scale, offset, weight] = parameters as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      parameters = await step({ kernel, scale, offset, weight, x });
    }
    return digest(parameters);
  };
  const first = await run();
  expect(await run()).toBe(first);
  expect(await run()).toBe(first);
});

test('a sum over half a million numbers has one value', () => {
  const x = tf.randomNormal([512, 1024], 0, 1, 'float32', 5);
  const sums = Array.from({ length: 20 }, () => digest([tf.sum(x), tf.sum(x, 0), tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, true)]));
  expect(new Set(sums).size).toBe(1);
});
