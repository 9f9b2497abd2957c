import { describe, expect, it } from 'vitest';
import { meanAndDeviation, tablePage, tableRows, untrainedOverSeeds } from './table.mjs';

const run = (kind: string, seed: number, knn: number, more: object = {}) => ({
  kind, method: 'simclr', dataset: 'emoji', seed, views: 1000, knn, linear: knn / 2, untrained: { knn: 0.4, linear: 0.3 }, seconds: 10, name: 'lightly 1', ...more,
});

describe('the equal-budget table', () => {
  it('has means and sample deviations, and none of one value', () => {
    expect(meanAndDeviation([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(meanAndDeviation([0.5])).toEqual({ mean: 0.5, deviation: null });
  });

  it('counts the seeds of each side and leaves out what was not made', () => {
    const baselines = { emoji: { rawPixels: { knn: 0.5, linear: 0.6 }, hog: { knn: 0.6, linear: 0.7 } } };
    const runs = [run('ours', 0, 0.5), run('ours', 1, 0.7), run('peer', 0, 0.55)];
    const [row, ...others] = tableRows(runs, baselines);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ method: 'simclr', dataset: 'emoji', seeds: 2, views: 1000, rawPixels: 0.5, colourHistogram: null, hog: 0.6, seconds: 10 });
    expect(row.knn.mean).toBeCloseTo(0.6);
    expect(row.peer).toMatchObject({ name: 'lightly 1', seeds: 1, knn: { mean: 0.55, deviation: null } });
    const page = tablePage([row], { runs, baselines, machine: 'a machine', time: 'today', views: 1000 });
    expect(page).toContain('| simclr | 2 | 60.0 ± 14.1 | 30.0 ± 7.1 | 40.0 ± 0.0 | 30.0 ± 0.0 | 1 | 55.0 | 27.5 | 10 |');
    expect(page).toContain('| HOG |  | 60.0 | 70.0 |');
    expect(page).not.toContain('fine-tuned %');
  });

  it('gives methods on patches a table of their own, with fine-tuning where it was done', () => {
    const vit = { network: 'small-vit', untrained: { knn: 0.2, linear: 0.1 } };
    const runs = [run('ours', 0, 0.5), run('ours', 0, 0.3, { ...vit, method: 'mae', fineTuned: 0.61, fromScratch: 0.5 }), run('ours', 0, 0.35, { ...vit, method: 'ibot' })];
    const rows = tableRows(runs, {});
    expect(rows.map(({ network }) => network)).toEqual(['small-conv-net', 'small-vit', 'small-vit']);
    expect(rows[1]).toMatchObject({ fineTuned: { mean: 0.61, deviation: null }, fromScratch: { mean: 0.5 } });
    expect(rows[2]).not.toHaveProperty('fineTuned');
    const [convolutions, patches] = tablePage(rows, { runs, baselines: {}, machine: 'a machine', time: 'today', views: 1000 }).split('## emoji: ').slice(1) as [string, string];
    expect(convolutions).not.toContain('mae');
    expect(patches).toContain('| mae | 1 | 30.0 | 15.0 | 20.0 | 10.0 | 61.0 | 50.0 | 10 |');
    expect(patches).toContain('| ibot | 1 | 35.0 | 17.5 | 20.0 | 10.0 |  |  | 10 |');
    expect(patches).toContain('Untrained, over 1 seed: kNN 20.0 %, linear 10.0 %.');
  });

  it('counts the start of a seed once, however many methods it has', () => {
    const start = (knn: number) => ({ untrained: { knn, linear: knn } });
    const runs = [run('ours', 0, 0.5, start(0.4)), run('ours', 0, 0.6, { ...start(0.4), method: 'byol' }), run('ours', 1, 0.5, start(0.6)), run('peer', 2, 0.5, start(0.9))];
    const { seeds, knn } = untrainedOverSeeds(runs, { dataset: 'emoji' });
    expect(seeds).toBe(2);
    expect(knn.mean).toBeCloseTo(0.5);
    expect(knn.deviation).toBeCloseTo(0.1414);
  });
});
