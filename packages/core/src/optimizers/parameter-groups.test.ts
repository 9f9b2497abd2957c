import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import { beforeAll, describe, expect, test } from 'vitest';
import { adamw } from './adamw.js';
import { excludeBiasAndNorm } from './exclude-bias-and-norm.js';
import { lars } from './lars.js';
import type { Optimizer, ParameterGroupRule, TensorMap } from './optimizer.js';
import { parameterGroupDefaults, resolveGroups } from './resolve-groups.js';
import { sgd } from './sgd.js';

beforeAll(() => tf.setBackend('cpu'));

/** Trains one parameter with gradient 1 and gives its value after each step. */
function path(optimizer: Optimizer, rule: Omit<ParameterGroupRule, 'match'>, steps: number, weightDecay = 0): number[] {
  let params: TensorMap = { weight: tf.tensor2d([[2]]) };
  let state = optimizer.init(params);
  const groups = resolveGroups(params, [{ match: () => true, ...rule }]);
  return Array.from({ length: steps }, (_, step) => {
    ({ params, state } = optimizer.update({
      params,
      state,
      groups,
      grads: { weight: tf.ones([1, 1]) },
      learningRate: tf.scalar(0.1),
      peakLearningRate: tf.scalar(0.5),
      weightDecay: tf.scalar(weightDecay),
      step: tf.scalar(step),
    }));
    return (params.weight!).dataSync()[0]!;
  });
}

describe('resolveGroups', () => {
  const params = { 'conv.weight': tf.zeros([1, 1, 2, 2]), 'conv.bias': tf.zeros([2]) };

  test('later rules override field by field', () => {
    const groups = resolveGroups(params, [
      excludeBiasAndNorm,
      { match: (name) => name.endsWith('bias'), learningRate: 2 },
    ]);
    expect(groups['conv.weight']).toEqual(parameterGroupDefaults);
    expect(groups['conv.bias']).toEqual({ ...parameterGroupDefaults, weightDecay: 0, adapt: false, learningRate: 2 });
  });

  test('a negative factor is refused with the path', () => {
    expect(() => resolveGroups(params, [{ match: () => true, learningRate: -1 }])).toThrow(/conv\.weight.*learningRate.*-1/);
  });
});

describe.each([
  ['sgd', sgd()],
  ['adamw', adamw()],
  ['lars', lars({ eta: 0.1 })],
])('%s', (_name, optimizer) => {
  test('frozen parameters stay as they are, decay included', () => {
    expect(path(optimizer, { frozen: true }, 3, 0.1)).toEqual([2, 2, 2]);
  });

  test('frozenUntil starts the optimizer afresh at that step', () => {
    const late = path(optimizer, { frozenUntil: 2 }, 5, 0.1);
    expect(late.slice(0, 2)).toEqual([2, 2]);
    expect(late.slice(2)).toEqual(path(optimizer, {}, 3, 0.1));
  });

  test('the factor on the rate scales the first step', () => {
    const plain = 2 - (path(optimizer, {}, 1)[0]!);
    expect(2 - (path(optimizer, { learningRate: 3 }, 1)[0]!)).toBeCloseTo(3 * plain, 5);
    expect(2 - (path(optimizer, { constantRate: true }, 1)[0]!)).toBeCloseTo(5 * plain, 5);
  });
});

describe('lars', () => {
  test('clip never takes more than the plain step', () => {
    expect(path(lars({ eta: 1, clip: true }), { learningRate: 1 }, 1)[0]).toBeCloseTo(2 - 0.1, 6);
    expect(path(lars({ eta: 1 }), { learningRate: 1 }, 1)[0]).toBeCloseTo(2 - 0.2, 6);
  });

  test('without adaptation it is SGD', () => {
    expect(path(lars(), { adapt: false }, 4, 0.2)).toEqual(path(sgd(), {}, 4, 0.2));
  });

  test('a gradient or parameter of zero gives no NaN', () => {
    const optimizer = lars();
    const params = { zero: tf.zeros([2, 2]), still: tf.ones([2, 2]) };
    const after = optimizer.update({
      params,
      grads: { zero: tf.ones([2, 2]), still: tf.zeros([2, 2]) },
      state: optimizer.init(params),
      groups: resolveGroups(params, []),
      learningRate: tf.scalar(0.1),
      peakLearningRate: tf.scalar(0.1),
      weightDecay: tf.scalar(0),
      step: tf.scalar(0),
    });
    expect([...(after.params.zero!).dataSync()][0]).toBeCloseTo(-0.1, 6);
    expect([...(after.params.still!).dataSync()]).toEqual([1, 1, 1, 1]);
  });
});

describe('misuse', () => {
  test.each([
    ['sgd with a momentum of 1', () => sgd({ momentum: 1 }), /sgd needs momentum from 0 to below 1, got 1/],
    ['nesterov without momentum', () => sgd({ momentum: 0, nesterov: true }), /Nesterov/],
    ['adamw with a beta2 of NaN', () => adamw({ beta2: Number.NaN }), /beta2.*NaN/],
    ['lars with an eta of 0', () => lars({ eta: 0 }), /eta above 0, got 0/],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
