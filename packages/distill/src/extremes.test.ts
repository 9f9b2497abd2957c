import { useBackend } from '@ssl/backend';
import { embeddingRows as rows, extremeViews, gradientError } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { byolLoss } from './byol-loss.js';
import { centredTargets, dinoLoss } from './dino-loss.js';
import { ibotPatchLoss } from './ibot-patch-loss.js';
import { koleoLoss } from './koleo-loss.js';
import { negativeCosine } from './negative-cosine.js';
import { simsiamLoss } from './simsiam-loss.js';
import { consistencyTerm, supervisedTerm } from './uda-loss.js';

const width = 3;
const labels = (count: number): Tensor1D => tf.tensor1d(Array.from({ length: count }, (_, i) => i % width), 'int32');
const targetsOf = (teacher: Tensor2D, temperature: number): Tensor2D => centredTargets(teacher, tf.zeros([width]), temperature);
const asPatches = (x: Tensor2D): Tensor3D => tf.expandDims(x, 0);

/** Every exported loss. Gradients are taken with respect to the predictions; `fixed` holds what the loss takes as a constant. */
const losses: Readonly<Record<string, (a: Tensor2D, b: Tensor2D, fixed: readonly [Tensor2D, Tensor2D], temperature: number) => Scalar>> = {
  negativeCosine: (a, b) => negativeCosine(a, b),
  byolLoss: (a, b, targets) => byolLoss({ predictions: [a, b], targets }),
  simsiamLoss: (a, b, targets) => simsiamLoss({ predictions: [a, b], targets }),
  dinoLoss: (a, b, teacher, temperature) => dinoLoss({ student: [a, b], targets: teacher.map((logits) => targetsOf(logits, temperature)), temperature }),
  ibotPatchLoss: (a, b, [teacher], temperature) =>
      ibotPatchLoss({
        student: asPatches(tf.add(a, b)),
        targets: asPatches(targetsOf(teacher, temperature)),
        mask: tf.ones([1, a.shape[0]]),
        temperature,
      }),
  'ibotPatchLoss without masked patches': (a, b, [teacher], temperature) =>
      ibotPatchLoss({ student: asPatches(tf.add(a, b)), targets: asPatches(targetsOf(teacher, temperature)), mask: tf.zeros([1, a.shape[0]]), temperature }),
  koleoLoss: (a, b) => koleoLoss(tf.concat([a, b])),
  supervisedTerm: (a, b) => supervisedTerm({ logits: tf.add(a, b), labels: labels(a.shape[0]), threshold: 1 }),
  consistencyTerm: (a, b, [weak], temperature) => consistencyTerm({ weak, strong: tf.add(a, b), temperature, confidence: 0 }),
};

const cases = Object.entries(losses).flatMap(([name, loss]) =>
  Object.entries(extremeViews).flatMap(([situation, views]) => [0.01, 1].map((temperature) => [name, situation, temperature, loss, views] as const)),
);

describe.each(['js', 'cpu'] as const)('on %s', (device) => {
  beforeAll(async () => {
    await useBackend({ device });
  });

  it.each(cases)('%s of %s at temperature %d is finite, with finite gradients', (_name, _situation, temperature, loss, [a, b]) => {
    const [first, second] = [tf.tensor2d(a), tf.tensor2d(b)];
    const of = (x: Tensor, y: Tensor) => loss(x as Tensor2D, y as Tensor2D, [second, first], temperature);
    const { value, grads } = tf.valueAndGrads(of)([first, second]);
    for (const values of [value, ...grads]) expect([...values.dataSync()].filter((number) => !Number.isFinite(number))).toEqual([]);
  });

  it.each(Object.entries(losses))('the gradient of %s is its slope', (_name, loss) => {
    const [first, second] = [tf.tensor2d(rows(4)), tf.tensor2d(rows(4, 0.8).reverse().map(([x, y, z]) => [z!, x!, y!]))];
    // Each prediction meets a target of another direction: at the best one the slope is 0.
    const of = (x: Tensor, y: Tensor) => loss(x as Tensor2D, y as Tensor2D, [first, second], 0.5);
    expect(gradientError((x, y) => of(x!, y!), [first, second], { distance: 3e-3 })).toBeLessThan(1e-2);
  });
});
