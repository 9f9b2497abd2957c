import { describe, expect, it } from 'vitest';
import { meanAndDeviation, tablePage, tableRows } from './table.mjs';

const run = (kind: string, seed: number, knn: number) => ({
  kind, method: 'simclr', dataset: 'emoji', seed, views: 1000, knn, linear: knn / 2, untrained: { knn: 0.4, linear: 0.3 }, seconds: 10, name: 'lightly 1',
});

describe('the equal-budget table', () => {
  it('has means and sample deviations, and none of one value', () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(meanAndDeviation([0.5])).toEqual({ mean: 0.5, deviation: null });
  });

  it('counts the seeds of each side and leaves out what was not made', () => {
    const baselines = { emoji: { rawPixels: { knn: 0.5, linear: 0.6 }, hog: { knn: 0.6, linear: 0.7 } } };
    const [row, ...others] = tableRows([run('ours', 0, 0.5), run('ours', 1, 0.7), run('peer', 0, 0.55)], baselines);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ method: 'simclr', dataset: 'emoji', seeds: 2, views: 1000, rawPixels: 0.5, colourHistogram: null, hog: 0.6, seconds: 10 });
    expect(row.knn.mean).toBeCloseTo(0.6);
    expect(row.peer).toMatchObject({ name: 'lightly 1', seeds: 1, knn: { mean: 0.55, deviation: null } });
    const page = tablePage([row], { baselines, machine: 'a machine', time: 'today', views: 1000 });
    expect(page).toContain('| simclr | 2 | 60.0 ± 14.1 | 30.0 ± 7.1 | 40.0 ± 0.0 | 1 | 55.0 | 27.5 | 10 |');
    expect(page).toContain('| HOG | | 60.0 | 70.0 |');
  });
});
