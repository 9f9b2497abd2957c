import { SslError } from '@ssl/core';
import { checkFeatures } from '../features/check-features.js';
import { checkLabels } from '../features/check-labels.js';
import type { ProbeSets } from './probe.js';

/** Checks the sets of a probe and returns the number of classes. */
export function checkSets({ train, test, validation }: ProbeSets, classCount?: number): number {
  const all = [train, test, ...(validation === undefined ? [] : [validation])];
  for (const set of all) checkFeatures(set);
  const widths = [...new Set(all.map(({ dimension }) => dimension))];
  if (widths.length > 1) {
    throw new SslError(`a probe needs features of one network, got dimensions ${widths.join(' and ')}. Embed all images with the same one.`, { from: '@ssl/eval' });
  }
  return checkLabels(all, classCount);
}
