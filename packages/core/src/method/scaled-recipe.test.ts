import { describe, expect, it } from 'vitest';
import type { MethodContext } from './method.js';
import { scaledRecipe } from './scaled-recipe.js';

const context = { batchSize: 512, stepsPerEpoch: 10, totalSteps: 1000 } as MethodContext;
const options = { optimizer: 'sgd', learningRate: 0.05, weightDecay: 1e-4, warmupEpochs: 5 } as const;

describe('scaledRecipe', () => {
  it('scales the rate with the batch, warms up, and falls to 0', () => {
    const { learningRate, ...rest } = scaledRecipe(context, options);
    expect(rest).toEqual({ optimizer: 'sgd', weightDecay: 1e-4 });
    expect(learningRate(25, 1000)).toBeCloseTo(0.05, 10);
    expect(learningRate(50, 1000)).toBeCloseTo(0.1, 10);
    expect(learningRate(1000, 1000)).toBeCloseTo(0, 10);
  });

  it('cuts the warm-up to a tenth of a short run', () => {
    expect(scaledRecipe({ ...context, totalSteps: 100 }, options).learningRate(10, 100)).toBeCloseTo(0.1, 10);
  });
});
