import { describe, expect, it } from 'vitest';
import { meanAndDeviation, mergedRows, publishedRuns, tablePage, tableRows } from './table.mjs';

const made = { time: '2026-11-24', machine: 'a machine' };
const rowsOf = (...runs: object[]) => tableRows(runs, {}).map((row: object) => ({ ...row, made }));

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
    const page = tablePage([{ ...row, made }], { baselines, views: 1000 });
    expect(page).toContain('| simclr | 2 | 60.0 ± 14.1 | 30.0 ± 7.1 | 40.0 ± 0.0 | 30.0 ± 0.0 | 1 | 55.0 | 27.5 | 10 |');
    expect(page).toContain('| HOG |  | 60.0 | 70.0 |');
    expect(page).not.toContain('fine-tuned %');
  });

  it('gives methods on patches a table of their own, with fine-tuning where it was done', () => {
    const vit = { network: 'small-vit', untrained: { knn: 0.2, linear: 0.1 } };
    const runs = [run('ours', 0, 0.5), run('ours', 0, 0.3, { ...vit, method: 'mae', fineTuned: 0.61, fromScratch: 0.5 }), run('ours', 0, 0.35, { ...vit, method: 'ibot' })];
    const rows = rowsOf(...runs);
    expect(rows.map(({ network }) => network)).toEqual(['small-conv-net', 'small-vit', 'small-vit']);
    expect(rows[1]).toMatchObject({ fineTuned: { mean: 0.61, deviation: null }, fromScratch: { mean: 0.5 } });
    expect(rows[2]).not.toHaveProperty('fineTuned');
    const [convolutions, patches] = tablePage(rows, { baselines: {}, views: 1000 }).split('## emoji: ').slice(1) as [string, string];
    expect(convolutions).not.toContain('mae');
    expect(patches).toContain('| mae | 1 | 30.0 | 15.0 | 20.0 | 10.0 | 61.0 | 50.0 | 10 |');
    expect(patches).toContain('| ibot | 1 | 35.0 | 17.5 | 20.0 | 10.0 |  |  | 10 |');
    expect(patches).toContain('Untrained, over 1 seed: kNN 20.0 %, linear 10.0 %.');
  });

  it('tells the start over the most seeds that a method has', () => {
    const start = (knn: number) => ({ untrained: { knn, linear: knn } });
    const rows = rowsOf(run('ours', 0, 0.5, start(0.4)), run('ours', 0, 0.6, { ...start(0.4), method: 'byol' }), run('ours', 1, 0.5, { ...start(0.6), method: 'byol' }));
    expect(tablePage(rows, { baselines: {}, views: 1000 })).toContain('Untrained, over 2 seeds: kNN 50.0 ± 14.1 %');
  });

  it('a published row gives back the runs that it was made from', () => {
    const runs = [run('ours', 0, 0.5), run('ours', 1, 0.7), run('peer', 0, 0.55)];
    const [row] = rowsOf(...runs);
    const back = publishedRuns(JSON.parse(JSON.stringify(row)) as object);
    expect(back.map(({ kind, seed, knn }: { kind: string; seed: number; knn: number }) => [kind, seed, knn])).toEqual([['ours', 0, 0.5], ['ours', 1, 0.7], ['peer', 0, 0.55]]);
    expect(rowsOf(...back)).toEqual([row]);
  });

  it('nothing published is lost: a row of more seeds stays, so does what lightly had, and other rows', () => {
    const many = rowsOf(run('ours', 0, 0.5), run('ours', 1, 0.7), run('peer', 0, 0.55), run('ours', 0, 0.3, { method: 'byol' }));
    const one = rowsOf(run('ours', 0, 0.6));
    expect(mergedRows(many, one)).toEqual([many[1], many[0]]);
    const [merged, ...others] = mergedRows(rowsOf(run('ours', 0, 0.5), run('peer', 0, 0.55)), one);
    expect(others).toEqual([]);
    expect(merged).toMatchObject({ knn: { mean: 0.6 }, peer: { knn: { mean: 0.55 } } });
  });

  it('names every machine and the time from the first run to the last', () => {
    const rows = [...rowsOf(run('ours', 0, 0.5)), ...rowsOf(run('ours', 0, 0.5, { method: 'byol' })).map((row: object) => ({ ...row, made: { time: '2026-11-27', machine: 'another' } }))];
    expect(tablePage(rows, { baselines: {}, views: 1000 })).toContain('on a machine; another, 2026-11-24 to 2026-11-27.');
  });
});
