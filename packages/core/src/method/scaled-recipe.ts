import { warmupCosine } from '../schedules/warmup-cosine.js';
import type { MethodContext, Recipe } from './method.js';

/** The part of a plugin's options that says how its method is trained. */
export type RecipeOptions = {
  readonly optimizer: Recipe['optimizer'];
  /** Highest learning rate for a batch of 256; scaled linearly with the batch. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly warmupEpochs: number;
};

/**
 * The recipe that most papers share: warm-up, then half a cosine to 0, a peak of `learningRate * batch / 256`.
 * The warm-up is cut to a tenth of the run: a shorter run would never reach the rate.
 *
 * @see Goyal et al., Accurate, Large Minibatch SGD, section 2.1 (linear scaling).
 */
export function scaledRecipe(context: MethodContext, options: RecipeOptions): Recipe {
  const { batchSize, stepsPerEpoch, totalSteps } = context;
  const { optimizer, learningRate, weightDecay, warmupEpochs } = options;
  return {
    optimizer,
    learningRate: warmupCosine({
      peak: (learningRate * batchSize) / 256,
      warmupSteps: Math.min(warmupEpochs * stepsPerEpoch, Math.floor(totalSteps / 10)),
    }),
    weightDecay,
  };
}
