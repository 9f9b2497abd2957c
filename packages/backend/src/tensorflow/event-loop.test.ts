import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@ssl/core';
import { expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';

it('timers fire while a compiled function runs', async () => {
  await useBackend({ device: 'cpu', threads: 1 });
  // Each product needs the one before it: some seconds of work, whatever the machine.
  const chain = compile(({ x }: { x: tf.Tensor2D }) => {
    let y = x;
    for (let i = 0; i < 40; i++) y = tf.mul(tf.matMul(y, x), 1e-3);
    return { sum: tf.sum(y) };
  });
  const x: tf.Tensor2D = tf.fill([1536, 1536], 0.5);
  const traced = await chain({ x });
  let ticks = 0;
  const ticksAtEnd: number[] = [];
  const timer = setInterval(() => ticks++, 50);
  // Runs one after the other until ten ticks have been seen; a blocked event loop would never see one within a run.
  for (let run = 0; run < 200 && ticksAtEnd.reduce((sum, seen) => sum + seen, 0) < 10; run++) {
    ticks = 0;
    const result = await chain({ x });
    ticksAtEnd.push(ticks);
    tf.dispose(result);
  }
  clearInterval(timer);
  expect(ticksAtEnd.reduce((sum, seen) => sum + seen, 0)).toBeGreaterThanOrEqual(10);
  tf.dispose([x, traced]);
  chain.dispose();
});
