import type { CollapseSign } from '@ssl/core';

/** Part of the loss of guessing by which a loss must fall to count as started. */
const startedShare = 0.03;

/**
 * The collapse signs of InfoNCE with `n` negatives: guessing gives `ln(1 + n)`.
 *
 * Unit vectors have similarities from -1 to 1, and as many as there are here cannot all be opposite: the best that can be hoped for is
 * 1 for the positive and 0 for the negatives, a loss of `ln(1 + n exp(-1 / temperature))`. Where that is hardly less than guessing, the
 * temperature is the cause, whatever the network does.
 *
 * @param negatives Of each query, by the batch size.
 */
export function guessingSigns(temperature: number, negatives: (batchSize: number) => number): readonly CollapseSign[] {
  const guess = (batchSize: number): number => Math.log1p(negatives(batchSize));
  const reach = (batchSize: number): number => guess(batchSize) - Math.log1p(negatives(batchSize) * Math.exp(-1 / temperature));
  const share = 2 * startedShare; // what is well below half of the reach counts as started
  const tooHigh = (batchSize: number): boolean => reach(batchSize) < share * guess(batchSize);
  return [
    {
      name: 'temperature-too-high',
      metric: 'loss',
      value: guess,
      // Twice the reach: opposite negatives can do a little better than orthogonal ones.
      tolerance: (batchSize) => (tooHigh(batchSize) ? 2 * reach(batchSize) : -1),
      diagnosis: `at a temperature of ${temperature} all similarities look alike, even perfect embeddings hardly lower the loss`,
      remedy: 'lower the temperature to 0.1 ... 0.5',
    },
    {
      name: 'guessing',
      metric: 'loss',
      value: guess,
      tolerance: (batchSize) => (tooHigh(batchSize) ? -1 : Math.min(startedShare * guess(batchSize), 0.2 * reach(batchSize))),
      diagnosis: 'the positive is no more similar than the negatives, ln(1 + negatives) is the loss of guessing: the network has collapsed or not started',
      remedy: 'change the learning rate, lower the temperature, check that two views of an image still show the same thing',
    },
  ];
}
