import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import { describe, expect, test } from 'vitest';
import golden from './__fixtures__/optimizers.json' with { type: 'json' };
import { adamw } from './adamw.js';
import { excludeBiasAndNorm } from './exclude-bias-and-norm.js';
import { lars } from './lars.js';
import type { Optimizer, TensorMap } from './optimizer.js';
import { resolveGroups } from './resolve-groups.js';
import { sgd } from './sgd.js';

// torch.optim and lightly over 12 steps of changing rates, three groups; made by tools/golden/optimizers.py.
const shapes = { 'conv.weight': [2, 3], 'norm.weight': [3], 'head.weight': [3, 2] } as const;
type Flat = Readonly<Record<keyof typeof shapes, number[]>>;

const cases: Readonly<Record<Exclude<keyof typeof golden, 'versions'>, Optimizer>> = {
  sgd: sgd(),
  sgdPlain: sgd({ momentum: 0 }),
  sgdDampening: sgd({ momentum: 0.8, dampening: 0.3 }),
  sgdNesterov: sgd({ nesterov: true }),
  adamw: adamw(),
  adamwBetas: adamw({ beta2: 0.95, epsilon: 1e-6 }),
  larsLightly: lars({ eta: 0.02, separateNorms: true }),
  larsSimclr: lars(),
};

const fill = (values: Flat): TensorMap =>
  Object.fromEntries(Object.entries(shapes).map(([path, shape]) => [path, tf.tensor(values[path as keyof Flat], [...shape])]));

describe('optimizers follow the reference over 12 steps', () => {
  test.each(Object.keys(cases) as (keyof typeof cases)[])('%s', async (name) => {
    await tf.setBackend('cpu');
    const optimizer = cases[name];
    const { start, grads, rates, trace, weightDecay } = golden[name];
    let params = fill(start);
    let state = optimizer.init(params);
    const groups = resolveGroups(params, [
      excludeBiasAndNorm,
      { match: (path) => path === 'head.weight', constantRate: true, learningRate: 2 },
    ]);
    for (const [step, rate] of rates.entries()) {
      ({ params, state } = optimizer.update({
        params,
        state,
        groups,
        grads: fill(grads[step] as Flat),
        learningRate: tf.scalar(rate),
        peakLearningRate: tf.scalar(Math.max(...rates)),
        weightDecay: tf.scalar(weightDecay),
        step: tf.scalar(step),
      }));
      for (const [path, expected] of Object.entries(trace[step] as Flat)) {
        const actual = [...(params[path]!).dataSync()];
        expected.forEach((value, index) => {
          expect(actual[index], `${path}[${index}] after step ${step}`).toBeCloseTo(value, 5);
        });
      }
    }
  });
});
