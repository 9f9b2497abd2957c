import { SslError, type Precision } from '@ssl/core';

export interface FineTuneOptions {
  /** Peak rates for 256 images a batch, scaled linearly with the batch. Several are tried on a validation part of the training images. */
  readonly learningRates?: readonly number[];
  readonly weightDecay?: number;
  readonly epochs?: number;
  /** Optimizer steps at least: a hundredth of the labels gives few steps an epoch. */
  readonly leastSteps?: number;
  readonly batchSize?: number;
  /** Cut to a tenth of the run. */
  readonly warmupEpochs?: number;
  /**
   * Factor on the rate from each layer to the one below it. Left out: {@link fineTuneDefaults} for a pretrained Vision Transformer, 1 for other
   * networks and from scratch, whose lowest layers would hardly learn.
   */
  readonly layerDecay?: number;
  /** From 0 to below 1. */
  readonly labelSmoothing?: number;
  /** Drop path of a Vision Transformer's last block while it is fine-tuned. */
  readonly stochasticDepth?: number;
  /** Gradients with a larger norm are scaled down to it; 0 for none. */
  readonly clipNorm?: number;
  /** Part of the training images, whole groups, on which a rate is chosen where there are several. */
  readonly validationShare?: number;
  /** Number of classes; the highest label + 1 if left out. */
  readonly classCount?: number;
  readonly seed?: number;
  /** Of the network; the engine's own if left out. */
  readonly precision?: Precision;
}

/** Defaults of {@link FineTuneOptions}: MAE's and BEiT's, with fewer epochs. */
export const fineTuneDefaults = {
  learningRates: [1e-3],
  weightDecay: 0.05,
  epochs: 20,
  leastSteps: 200,
  batchSize: 128,
  warmupEpochs: 5,
  layerDecay: 0.75,
  labelSmoothing: 0.1,
  stochasticDepth: 0,
  clipNorm: 0,
  validationShare: 0.1,
  seed: 0,
} as const satisfies FineTuneOptions;

/** Options with every default filled in. */
export type FineTuneSettings = Required<Omit<FineTuneOptions, 'classCount' | 'precision'>> & Pick<FineTuneOptions, 'classCount' | 'precision'>;

/** Fills in the defaults. */
export function fineTuneSettings(options: FineTuneOptions): FineTuneSettings {
  const settings: FineTuneSettings = { ...fineTuneDefaults, ...options };
  const { learningRates, epochs, leastSteps, batchSize, weightDecay, warmupEpochs, clipNorm } = settings;
  const counts = [epochs, batchSize].every((value) => Number.isInteger(value) && value > 0) && Number.isInteger(leastSteps) && leastSteps >= 0;
  const rates = learningRates.length > 0 && learningRates.every((rate) => rate > 0) && [weightDecay, warmupEpochs, clipNorm].every((value) => value >= 0);
  if (!counts || !rates) {
    throw new SslError(
      `fine-tuning needs rates above 0, whole epochs and batches of at least 1, and nothing negative; got rates [${learningRates.join(', ')}], ${String(epochs)} epochs, ` +
        `batches of ${String(batchSize)}, at least ${String(leastSteps)} steps, weight decay ${String(weightDecay)}, warm-up ${String(warmupEpochs)}, clip norm ${String(clipNorm)}. Correct these.`,
      { from: '@ssl/eval' },
    );
  }
  return settings;
}
