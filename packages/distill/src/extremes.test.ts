import { useBackend } from '@ssl/backend';
import { smallConvNet, vitTiny } from '@ssl/core';
import { embeddingRows as rows, extremeViews, gradientError } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { byolLoss } from './byol-loss.js';
import { centredTargets, dinoLoss } from './dino-loss.js';
import { dino } from './dino.js';
import { ibotPatchLoss } from './ibot-patch-loss.js';
import { dinoV2, ibot } from './ibot.js';
import { koleoLoss } from './koleo-loss.js';
import { negativeCosine } from './negative-cosine.js';
import { simsiamLoss } from './simsiam-loss.js';
import { consistencyTerm, supervisedTerm, tsaThreshold } from './uda-loss.js';
import { uda } from './uda.js';

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

/** Calls whose only fault is the temperature. */
const tempered: Readonly<Record<string, (temperature: number) => unknown>> = {
  centredTargets: (temperature) => centredTargets(tf.ones([2, 3]), tf.zeros([3]), temperature),
  dinoLoss: (temperature) => dinoLoss({ student: [tf.ones([2, 3]), tf.ones([2, 3])], targets: [tf.ones([2, 3])], temperature }),
  ibotPatchLoss: (temperature) => ibotPatchLoss({ student: tf.ones([1, 2, 3]), targets: tf.ones([1, 2, 3]), mask: tf.ones([1, 2]), temperature }),
  consistencyTerm: (temperature) => consistencyTerm({ weak: tf.ones([2, 3]), strong: tf.ones([2, 3]), temperature }),
  dino: (temperature) => dino({ backbone: smallConvNet(), temperature }),
  ibot: (temperature) => ibot({ backbone: vitTiny({ maskToken: true }), temperature }),
  dinov2: (temperature) => dinoV2({ backbone: vitTiny({ maskToken: true }), temperature }),
  uda: (temperature) => uda({ backbone: smallConvNet(), classes: 2, temperature }),
};

describe('what has no answer is refused', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(Object.entries(tempered))('%s without a temperature above 0', (name, call) => {
    for (const temperature of [0, -1, Number.NaN]) expect(() => call(temperature)).toThrow(`${name} needs a temperature above 0, got ${temperature}`);
  });

  it('KoLeo without an epsilon above 0, a progress outside of the run, labels of other images', () => {
    expect(() => koleoLoss(tf.ones([2, 3]), { epsilon: 0 })).toThrow('epsilon above 0, got 0');
    expect(() => tsaThreshold('log', 2, 10)).toThrow('progress from 0 to 1 and 2 or more classes, got 2 and 10');
    expect(() => supervisedTerm({ logits: tf.ones([2, 3]), labels: labels(4), threshold: 1 })).toThrow('[2, 3] and [4]');
  });
});

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
