import type { Normalization } from '@ssl/core';
import type { ImageNormalization } from './imported-backbone.js';

const named = {
  imagenet: { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  half: { mean: [0.5], deviation: [0.5] },
} as const satisfies Record<string, Normalization>;

/** Mean and deviation of each of `channels`; nothing where they are of another number of channels. */
export function normalizationStatistics(normalization: ImageNormalization, channels: number): Normalization | undefined {
  const { mean, deviation } = typeof normalization === 'string' ? named[normalization] : normalization;
  const each = (values: readonly number[]): readonly number[] | undefined =>
    values.length === channels ? values : values.length === 1 ? Array.from({ length: channels }, () => values[0]!) : undefined;
  const [means, deviations] = [each(mean), each(deviation)];
  return means === undefined || deviations === undefined ? undefined : { mean: means, deviation: deviations };
}

/**
 * The shortest way to write a normalization: its name, where it has one.
 *
 * @example
 * namedNormalization({ mean: [0.5], deviation: [0.5] }); // 'half'
 */
export function namedNormalization(normalization: Normalization): ImageNormalization {
  const channels = Math.max(normalization.mean.length, normalization.deviation.length);
  const written = JSON.stringify(normalizationStatistics(normalization, channels));
  return (['imagenet', 'half'] as const).find((name) => JSON.stringify(normalizationStatistics(name, channels)) === written) ?? normalization;
}
