import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromStateDict, toStateDict } from '../files/state-dict.js';
import { storeValues, type StoredTensor } from '../files/stored-tensor.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { apply } from './apply.js';
import { resnet18, resnet34, resnet50 } from './resnet.js';
import { withClassifier } from './with-classifier.js';

interface Case {
  readonly size: number;
  readonly logits: number[];
  readonly features: number[];
  readonly trainingLogits: number[];
  readonly runningMean: number[];
  readonly runningVar: number[];
  readonly tensors: Shapes;
}

type Shapes = readonly (readonly [string, number[]])[];

const { cases, full } = JSON.parse(readFileSync(new URL('./__fixtures__/resnet.json', import.meta.url), 'utf8')) as {
  cases: Record<string, Case>;
  full: Record<string, Shapes>;
};

/** `seeded` of tools/golden/resnet.py: float32 in [-1, 1) from a name and an index. */
function seeded(name: string, count: number): Float32Array {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 0x01000193);
  return Float32Array.from({ length: count }, (_, i) => {
    let h = (state + i) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
    return (h >>> 0) / 2 ** 31 - 1;
  });
}

/** `fill` of the script. */
function weights(name: string, shape: readonly number[]): StoredTensor {
  const count = shape.reduce((product, length) => product * length, 1);
  if (name.endsWith('num_batches_tracked')) return storeValues([0], [], 'I64');
  const fanIn = count / (shape[0] ?? 1);
  let [factor, shift] = [0.2, name.endsWith('weight') ? 1 : 0];
  if (name.endsWith('running_var')) [factor, shift] = [0.5, 1];
  else if (shape.length === 4) [factor, shift] = [Math.fround(Math.sqrt(3 / fanIn)), 0];
  else if (shape.length === 2) [factor, shift] = [Math.fround(Math.sqrt(1 / fanIn)), 0];
  return storeValues(seeded(name, count).map((value) => shift + Math.fround(value * factor)), shape, 'F32');
}

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-4): void {
  expected.forEach((value, i) => expect(Math.abs((actual[i]!) - value)).toBeLessThan(tolerance * Math.max(1, Math.abs(value))));
}

describe('names and shapes are torchvision’s', () => {
  it.each([
    ['resnet18', resnet18()],
    ['resnet50', resnet50()],
  ])('%s', (name, backbone) => {
    // Only shapes count, so the tensors of the file are all zeros; a difference in any name or shape throws.
    const zeros = Object.fromEntries(
      (full[name]!).map(([path, shape]) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return [path, storeValues(new Float32Array(size), shape, 'F32')];
      }),
    );
    const network = withClassifier(backbone, 1000);
    const variables = fromStateDict(zeros, network.init(0));
    tf.dispose(variables as unknown as tf.TensorContainer);
  });
});

describe('the same weights give torchvision’s logits', () => {
  it.each([
    ['resnet18', resnet18({ width: 8 })],
    ['resnet34', resnet34({ width: 8 })],
    ['resnet50', resnet50({ width: 8 })],
    ['resnet18-cifar', resnet18({ width: 8, stem: 'cifar' })],
  ])('%s', async (name, backbone) => {
    const { size, logits, features, trainingLogits, tensors, ...golden } = cases[name]!;
    const network = withClassifier(backbone, 10);
    const stored = Object.fromEntries(tensors.map(([path, shape]) => [path, weights(path, shape)]));
    const template = network.init(0);
    const variables = fromStateDict(stored, template);
    const images = tf.tensor4d(seeded('images', 2 * size * size * 3), [2, size, size, 3]);

    expectClose(apply(network, variables, images, { training: false }).output.dataSync(), logits);
    const feature = tf.slice(apply(backbone, variables, images, { training: false }).output, [0, 0], [2, 16]);
    expectClose(feature.dataSync(), features);
    const training = apply(network, variables, images, { training: true });
    expectClose(training.output.dataSync(), trainingLogits);
    const buffers = treeToMap(training.buffers);
    expectClose((buffers['bn1.running_mean']!).dataSync(), golden.runningMean);
    expectClose((buffers['layer4.1.bn2.running_var']!).dataSync(), golden.runningVar);

    const back = await toStateDict(variables);
    expect(Object.keys(back).sort()).toEqual(Object.keys(stored).sort());
    for (const [path, { dtype, shape, bytes }] of Object.entries(stored)) {
      const other = back[path]!;
      expect({ dtype: other.dtype, shape: other.shape }, path).toEqual({ dtype, shape });
      expect(Buffer.compare(other.bytes, bytes), path).toBe(0);
    }
  });
});
