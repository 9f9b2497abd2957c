import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@ssl/core';
import { expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';

const squaredNorm = ({ x }: { x: tf.Tensor }) => ({ value: tf.engine().runKernel('SslSquaredNorm', { x }) as tf.Scalar });

it.each(['float32', 'bfloat16'] as const)('the squared norm adds up in float32 (%s)', async (precision) => {
  await useBackend({ device: 'cpu', precision });
  // In eight bits of precision this sum would stop at 256.
  const x = tf.fill([100, 50, 2], -1);
  const compiled = compile(squaredNorm);
  for (const { value } of [squaredNorm({ x }), await compiled({ x })]) expect(await value.data()).toEqual(Float32Array.of(10_000));
  compiled.dispose();
});

it('the squared norm of a bfloat16 product is summed in float32', async () => {
  await useBackend({ device: 'cpu', precision: 'bfloat16' });
  const compiled = compile(({ a }: { a: tf.Tensor2D }) => squaredNorm({ x: tf.matMul(a, a, false, true) }));
  const { value } = await compiled({ a: tf.ones([100, 1]) });
  expect(await value.data()).toEqual(Float32Array.of(10_000));
  compiled.dispose();
});
