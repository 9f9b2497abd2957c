// One rank of the test in join-collective.test.ts: prints its results as one line of JSON.
import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@ssl/core';
import { allGather, allReduce, reduceScatter } from '@ssl/core/ops';
import { joinCollective, useBackend } from '../../index.js';

const [rank, worldSize] = [Number(process.argv[2]), Number(process.argv[3])];
const addresses = process.argv[4]!.split(',');
const [joinTimeout, timeout] = [Number(process.argv[5]), Number(process.argv[6])];
const part = process.argv[7];

await useBackend({ device: 'cpu', threads: 1 });
const early = tf.tensor1d([rank + 1, 10 * (rank + 1)]);
const before = tf.square(early); // on the device before the group exists
try {
  await joinCollective({ rank, worldSize, addresses, joinTimeout, timeout });
  if (part !== undefined) {
    allReduce(tf.scalar(1), 'sum').dataSync(); // both are there
    if (part === 'dies') process.exit(3);
    allReduce(tf.scalar(1), 'sum').dataSync();
  }
  const x = tf.tensor2d([[rank + 1, 2], [3, 4]]);
  const weights = tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8]]);
  const read = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
  // Every rank weights what it sees by rank + 1, so that the gradients of the ranks differ.
  const own = (y: tf.Tensor, w: tf.Tensor): tf.Scalar => tf.mul(tf.sum(tf.mul(tf.square(y), w)), rank + 1);
  const first = tf.slice(weights, [0, 0], [2, 2]);
  const step = compile(({ value }: { value: tf.Tensor2D }) => ({
    mean: allReduce(value, 'mean'),
    all: allGather(value),
    slope: tf.grad((v: tf.Tensor) => own(allGather(v), weights))(value),
  }));
  const compiled = await step({ value: x });
  const again = await step({ value: tf.add(x, 1) });
  const result = {
    before: read(before),
    sum: read(allReduce(x, 'sum')),
    mean: read(allReduce(x, 'mean')),
    gathered: allGather(x).shape.concat(read(allGather(x))),
    scattered: read(reduceScatter(x)),
    gradientOfReduce: read(tf.grad((v: tf.Tensor) => own(allReduce(v, 'sum'), first))(x)),
    gradientOfGather: read(tf.grad((v: tf.Tensor) => own(allGather(v), weights))(x)),
    gradientOfScatter: read(tf.grad((v: tf.Tensor) => own(reduceScatter(v), tf.tensor2d([[1, 2]])))(x)),
    compiled: { mean: read(compiled.mean), all: compiled.all.shape.concat(read(compiled.all)), slope: read(compiled.slope) },
    again: read(again.mean),
    traces: step.traces,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message })}\n`);
}
process.exit(0);
