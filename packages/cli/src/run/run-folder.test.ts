import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRun, newestCheckpoint, type NewestOf } from './find-run.js';
import { claimRun, createNamedFolder, createRunFolder, removeUnused, removeWithoutCheckpoint, runFolder, writeJson } from './run-folder.js';
import { quickstartState, sameRun, setAside } from './quickstart-folder.js';
import { isQuickstart, quickstart, quickstartSettings } from './quickstart-settings.js';
import type { RunDescription } from './run-description.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-runs-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function makeRun(name: string, steps: readonly number[]): string {
  const run = createRunFolder(join(folder, name));
  writeJson(run.config, { format: 'ssl-run/1', seed: 3 });
  for (const step of steps) writeFileSync(join(run.checkpoints, `step-${String(step).padStart(8, '0')}.safetensors`), '');
  return run.path;
}

test('a folder with anything in it is never taken for a new run', () => {
  makeRun('first', []);
  expect(() => createRunFolder(join(folder, 'first'))).toThrow(/exists already\. Go on with that run \(--resume .*first\), or give this one another --name/);
});

test('the folder of a run that was killed before its first checkpoint can be used again, any other stays', () => {
  const path = makeRun('killed', []);
  writeFileSync(join(path, 'metrics.jsonl'), '{"step":1}\n');
  writeFileSync(join(path, 'checkpoints', '.step-00000004.safetensors.0123abcd.partial'), 'half');
  expect(removeWithoutCheckpoint(path)).toBe(true);
  expect(existsSync(path)).toBe(false);
  expect(removeWithoutCheckpoint(path)).toBe(false);

  expect(removeWithoutCheckpoint(makeRun('saved', [4]))).toBe(false);
  const noted = makeRun('noted', []);
  writeFileSync(join(noted, 'notes.txt'), 'mine');
  expect(removeWithoutCheckpoint(noted)).toBe(false);
  const trained = makeRun('trained', []);
  writeFileSync(join(trained, 'running.pid'), '1'); // process 1 lives
  expect(() => removeWithoutCheckpoint(trained)).toThrow(/is being trained/);
  expect(['saved', 'noted', 'trained'].map((name) => existsSync(join(folder, name)))).toEqual([true, true, true]);
});

test('a folder that cannot be made is an error with the reason', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => createRunFolder(join(folder, 'file', 'run'))).toThrow(/could not be made: .*--output/);
});

test('a run that another process trains is left alone; a dead process keeps nothing', () => {
  const run = runFolder(makeRun('first', []));
  writeFileSync(join(run.path, 'running.pid'), '1'); // process 1 lives
  expect(() => claimRun(run)).toThrow(/first is being trained by process 1 \(lock file .*running\.pid, last sign of life .*\)\. Wait for it, or end it first/);
  removeUnused(run); // a second process that failed leaves the first one its folder
  expect(existsSync(run.checkpoints)).toBe(true);
  writeFileSync(join(run.path, 'running.pid'), '999999999');
  claimRun(run)();
  expect(existsSync(join(run.path, 'running.pid'))).toBe(false);
});

test('a run is found by folder, by checkpoint, or as the newest', () => {
  const path = makeRun('first', [10, 20]);
  expect(findRun('first', folder, folder).checkpoint).toBe(join(path, 'checkpoints', 'step-00000020.safetensors'));
  const file = join(path, 'checkpoints', 'step-00000010.safetensors');
  expect(findRun(file, folder, folder)).toMatchObject({ checkpoint: file, description: { seed: 3 } });
  expect(findRun(true, folder, folder).folder.path).toBe(path);
});

test('two runs of one second have folders of their own', () => {
  const name = 'simclr-photos-20260101-000000';
  expect([1, 2, 3].map(() => createNamedFolder(folder, name).path)).toEqual([join(folder, name), join(folder, `${name}-2`), join(folder, `${name}-3`)]);
});

test('the newest is the run that was started or resumed last, however its files were copied', () => {
  const at = (name: string, startedAt: string, steps: readonly number[], more: object = {}): void => {
    writeJson(runFolder(makeRun(name, steps)).config, { format: 'ssl-run/1', attempts: [{ startedAt: '2020-01-01T00:00:00Z' }, { startedAt }], ...more });
  };
  const newest = (kind?: NewestOf): string => basename(findRun(true, folder, folder, kind).folder.path);
  at('old', '2026-01-01T00:00:00.000Z', [1]);
  at('new', '2026-01-03T00:00:00.000Z', [1]);
  at('begun', '2026-01-04T00:00:00.000Z', []);
  at('search', '2026-01-05T00:00:00.000Z', [], { search: true });
  at('middle', '2026-01-02T00:00:00.000Z', [1]);
  mkdirSync(join(folder, 'no-run'));
  expect([newest(), newest('trained runs'), newest('searches')]).toEqual(['begun', 'new', 'search']);
  const then = new Date('2025-01-01T00:00:00Z');
  for (const name of ['begun', 'new', 'search']) utimesSync(runFolder(join(folder, name)).config, then, then);
  expect([newest(), newest('trained runs')]).toEqual(['begun', 'new']);
  rmSync(join(folder, 'new'), { recursive: true });
  rmSync(join(folder, 'begun'), { recursive: true });
  expect(newest('trained runs')).toBe('middle');
});

test('the newest checkpoint is that of the highest step, whatever stands beside it', () => {
  const { checkpoints } = runFolder(makeRun('first', [999]));
  for (const name of ['step-1000.safetensors', 'step-00000998.safetensors', 'step-00002000.safetensors.aside', '.step-00003000.safetensors.1a2b3c4d.partial', 'step-best.safetensors']) writeFileSync(join(checkpoints, name), '');
  expect(newestCheckpoint(checkpoints)).toBe(join(checkpoints, 'step-1000.safetensors'));
});

test('what is not a run is said to be none', () => {
  makeRun('first', []);
  expect(() => findRun('frist', folder, folder)).toThrow(/frist is not there\. In .* there are first/);
  expect(() => findRun(true, folder, join(folder, 'none'))).toThrow(/There is no run in .*none/);
  mkdirSync(join(folder, 'plain'));
  expect(() => findRun('plain', folder, folder)).toThrow(/needs its config\.json/);
  writeFileSync(join(folder, 'plain', 'config.json'), '{');
  expect(() => findRun('plain', folder, folder)).toThrow(/is damaged/);
});

test('JSON is written whole, without a rest beside it', () => {
  writeJson(join(folder, 'a.json'), { a: 1 });
  expect(JSON.parse(readFileSync(join(folder, 'a.json'), 'utf8'))).toEqual({ a: 1 });
  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('the quickstart knows finished, interrupted and other runs, and moves the latter aside', () => {
  const path = makeRun('quickstart', [5]);
  const run = runFolder(path);
  const match = (wanted: boolean) => quickstartState(run, () => wanted).kind;
  expect(match(true)).toBe('interrupted');
  expect(match(false)).toBe('other');
  writeJson(run.summary, { knn: { trained: { accuracy: 1 } } });
  writeFileSync(run.report, '');
  expect(match(true)).toBe('finished');
  const place = setAside(run);
  expect(readdirSync(place)).toContain('summary.json');
  expect(match(true)).toBe('empty');
  expect(sameRun({ seed: 1, optimizer: undefined } as never, { seed: 1 } as never)).toBe(true);
});

test('a quickstart of a version with other settings is another run', () => {
  const description = { ...quickstartSettings, data: quickstart.data, method: quickstart.method, methodOptions: { ...quickstart.methodOptions, width: 1 }, precision: 'float32', seed: 0 } as unknown as RunDescription;
  expect(isQuickstart(description, 0)).toBe(true);
  expect(isQuickstart(description, 1)).toBe(false);
  expect(isQuickstart({ ...description, methodOptions: { ...description.methodOptions, temperature: 0.2 } }, 0)).toBe(false);
  expect(isQuickstart({ ...description, optimizer: { name: 'sgd' } }, 0)).toBe(false);
  const run = runFolder(makeRun('quickstart', [5]));
  writeJson(run.config, { ...description, attempts: [{ startedAt: '2026-01-01T00:00:00Z' }] });
  expect(quickstartState(run, (there) => sameRun(there, description))).toMatchObject({ kind: 'interrupted', attempts: [{}] });
});
