import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readMetrics } from './run/metrics-log.js';
import { runCli } from './testing/run-cli.js';
import { runHere, type HereResult } from './testing/run-here.js';
import { writeImages } from './testing/test-images.js';

// Each test starts processes of its own, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

let folder = '';
const small = ['--width', '0.25', '--image-size', '16', '--batch-size', '4', '--device', 'cpu'];
const ssl = (...argv: string[]): Promise<HereResult> => runHere(argv, folder);
const file = (...path: string[]): string => join(folder, 'runs', 'first', ...path);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-train-'));
  await writeImages(join(folder, 'photos', 'left'), 8);
  await writeImages(join(folder, 'photos', 'right'), 8, 20);
  writeFileSync(join(folder, 'photos', 'left', 'raw.cr2'), 'of a camera');
  const { code, error, out } = await ssl('train', '--data', './photos', '--name', 'first', '--epochs', '2', ...small);
  expect(code, error).toBe(0);
  expect(error).toMatch(/Not taken from photos:\n {2}1 \.cr2 file: camera raw/);
  writeFileSync(join(folder, 'out.txt'), out);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('training in a pipe says what was chosen and why, and writes the whole run folder', () => {
  const out = readFileSync(join(folder, 'out.txt'), 'utf8');
  // eslint-disable-next-line no-control-regex
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
  expect(out).toMatch(/network small-conv {2}six layers/);
  expect(out).toContain('2 classes: left 8, right 8');
  expect(readFileSync(file('report.html'), 'utf8')).toContain('Not taken from the data: 1 .cr2 file: camera raw');
  expect(out).toMatch(/Trained with simclr .* %/);
  expect(out).toMatch(/Report +runs\/first\/report\.html/);
  expect(readdirSync(file()).sort()).toEqual(['checkpoints', 'config.json', 'images.json.gz', 'metrics.jsonl', 'report.html', 'report.json', 'summary.json', 'tensorboard']);
  expect(readdirSync(file('checkpoints'))).toEqual(['step-00000004.safetensors', 'step-00000008.safetensors']);
  expect(JSON.parse(readFileSync(file('config.json'), 'utf8'))).toMatchObject({ compiler: 'graph' });
  expect(readMetrics(file('metrics.jsonl')).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  const summary = JSON.parse(readFileSync(file('summary.json'), 'utf8')) as { knn: object };
  expect(Object.keys(summary)).toEqual(['knn', 'trainSeconds', 'viewsPerSecond', 'epochs', 'device', 'report', 'checkpoint']);
  expect(Object.keys(summary.knn)).toEqual(expect.arrayContaining(['rawPixels', 'colourHistogram', 'untrained', 'trained']));
});

test('eval gives the figures of the run as JSON', async () => {
  const { code, error, out } = await ssl('eval', 'runs/first', '--json', '--device', 'cpu');
  expect(code, error).toBe(0);
  const events = out.trim().split('\n').map((line) => JSON.parse(line) as { event: string; knn?: { trained: object } });
  const { knn } = JSON.parse(readFileSync(file('summary.json'), 'utf8')) as { knn: { trained: object } };
  expect(events.at(-1)?.knn?.trained).toEqual(knn.trained);
});

test('embed writes one row for each image', async () => {
  const { code, error } = await ssl('embed', 'runs/first', '--out', 'vectors.csv', '--device', 'cpu');
  expect(code, error).toBe(0);
  const rows = readFileSync(join(folder, 'vectors.csv'), 'utf8').trim().split('\n');
  expect(rows).toHaveLength(17);
  expect(rows[0]?.split(',')).toHaveLength(2 + 32);
  expect(rows[1]).toMatch(/left\/image-0\.png,left,/);
});

test('report builds the page again', async () => {
  rmSync(file('report.html'));
  const { code, error } = await ssl('report', 'runs/first');
  expect(code, error).toBe(0);
  expect(existsSync(file('report.html'))).toBe(true);
});

test('Ctrl-C saves a checkpoint and says how to go on; resumed, the run ends as if it had never stopped', async () => {
  const argv = ['train', '--data', './photos', '--epochs', '50', '--monitor-every', '0', '--no-evaluate', '--checkpoint.every-epochs', '50', ...small];
  let sent = false;
  const stopped = await runCli([...argv, '--name', 'stopped', '--json'], {
    folder,
    watch: (out, kill) => {
      if (sent || !out.includes('"step":10,')) return;
      sent = true;
      kill('SIGINT');
    },
  });
  expect(stopped.code, stopped.error).toBe(130);
  expect(stopped.error).toMatch(/Stopping after this step; a checkpoint is saved/);
  const [saved = ''] = readdirSync(join(folder, 'runs', 'stopped', 'checkpoints'));
  expect(saved).toMatch(/^step-\d+\.safetensors$/);
  expect(saved).not.toBe('step-00000200.safetensors');

  const resumed = await ssl('train', '--resume', 'runs/stopped', '--no-evaluate', '--monitor-every', '0', '--device', 'cpu');
  expect(resumed.code, resumed.error).toBe(0);
  expect(resumed.out).toMatch(/going on at step \d+/);
  const whole = await ssl(...argv, '--name', 'whole');
  expect(whole.code, whole.error).toBe(0);
  const end = (run: string): Buffer => readFileSync(join(folder, 'runs', run, 'checkpoints', 'step-00000200.safetensors'));
  expect(end('stopped').equals(end('whole'))).toBe(true);
  expect(readMetrics(join(folder, 'runs', 'stopped', 'metrics.jsonl'))).toHaveLength(200);
});

test("a third party's method is taken by the name of its package, with its options as flags", async () => {
  const place = join(folder, 'node_modules', 'ssl-method-mean');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'ssl-method-mean', version: '1.0.0', type: 'module', exports: './index.js' }));
  writeFileSync(
    join(place, 'index.js'),
    `export const methods = [{ specVersion: 'ssl-plugin/1', name: 'mean', summary: 'a test', defaults: { power: 2 }, smallData: {},
      create(context, options) { throw Object.assign(new Error('built with power ' + options.power + ' for ' + context.datasetSize + ' images'), {}); } }];`,
  );
  const { code, error } = await ssl('train', '--data', './photos', '--method', 'ssl-method-mean', '--power', '3', ...small);
  expect(code).toBe(1);
  expect(error).toContain('built with power 3 for 16 images');
});

test('help lists every setting and the options of the method', async () => {
  const { code, out } = await ssl('train', '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/--optimizer\.learning-rate <number>/);
  expect(out).toMatch(/Options of simclr:\n(.*\n)*? +--temperature <number>/);
});

test('methods --json is for programs', async () => {
  const { code, out } = await ssl('methods', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'simclr', package: '@ssl/contrastive' })]));
});
