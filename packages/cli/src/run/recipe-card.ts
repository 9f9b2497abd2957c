import type { Normalization, StepEvent, TrainHook } from '@ssl/core';
import type { BuiltRun } from './build-run.js';
import { fingerprintOf, type DataFingerprint, type ImageList } from './data-fingerprint.js';
import type { RunDescription } from './run-description.js';

/** What a checkpoint says about its run besides the tensors: from it alone the run can be told and built again. */
export interface RecipeCard extends RunDescription {
  readonly transforms: {
    /** Views of each image, and the method whose preset makes them with `methodOptions`. */
    readonly views: number;
    readonly preset: string;
    readonly normalization: Normalization;
  };
  readonly fingerprint: DataFingerprint;
  /** Of the last step before the checkpoint. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** The card of a run and the hook that keeps its metrics new. */
export function recipeCard(run: BuiltRun, images: ImageList): { readonly card: RecipeCard; readonly hook: TrainHook } {
  const metrics: Record<string, number> = {};
  const card: RecipeCard = {
    ...run.description,
    transforms: { views: run.method.batch.views, preset: run.plugin.name, normalization: run.normalization },
    fingerprint: fingerprintOf(images),
    metrics,
  };
  const note = ({ loss, learningRate, weightDecay, gradientNorm, metrics: own, embedding }: StepEvent): void => {
    Object.assign(metrics, own, { loss, learningRate, weightDecay, gradientNorm });
    if (embedding !== undefined) Object.assign(metrics, { spread: embedding.spread, effectiveRank: embedding.effectiveRank });
  };
  return {
    card,
    hook: {
      name: 'recipe card',
      onStep(event) {
        if (!event.skipped) note(event);
      },
    },
  };
}
