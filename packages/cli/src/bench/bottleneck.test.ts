import { expect, it } from 'vitest';
import { bottleneck } from './bottleneck.js';

it.each([
  ['loading', { step: 100, augmentation: 500, loading: 60 }, 0.9, 60],
  ['augmentation', { step: 100, augmentation: 180, loading: 300 }, 0.9, 100],
  ['compute', { step: 100, augmentation: 500, loading: 100 }, 0.6, 100],
  ['memory bandwidth', { step: 100, augmentation: 500, loading: Number.POSITIVE_INFINITY }, 0.3, 100],
] as const)('names %s', (limit, speed, computeShare, imagesPerSecond) => {
  expect(bottleneck(speed, computeShare)).toEqual({ imagesPerSecond, limit });
});
