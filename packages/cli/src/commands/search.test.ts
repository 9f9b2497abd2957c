import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createProgram } from '../program/create-program.js';
import { normaliseArguments } from '../program/normalise-arguments.js';
import { runCli, type CliResult, type RunCliOptions } from '../testing/run-cli.js';
import { writeImages } from '../testing/test-images.js';

// Only what is ended by signals runs in processes of its own: each takes seconds to start on a busy machine.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

let folder = '';
const small = ['--width', '0.25', '--image-size', '16', '--batch-size', '4', '--device', 'cpu', '--workers', '1'];
const ssl = (argv: readonly string[], watch?: RunCliOptions['watch']): Promise<CliResult> => runCli(argv, { folder, ...(watch === undefined ? {} : { watch }) });
const searched = ['search', '--data', './photos', '--population', '3', '--interval', '1', '--epochs', '3', ...small];
const read = (run: string, file: string): string => readFileSync(join(folder, 'runs', run, file), 'utf8');
/** The same in this process, so that the engine is loaded once. */
async function inProcess(argv: readonly string[]): Promise<{ code: number; out: string }> {
  let out = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  let code = 0;
  try {
    const given = normaliseArguments(argv);
    const program = await createProgram({ argv: given, folder, finish: (value) => (code = value) });
    await program.parseAsync(given, { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return { code, out };
}
interface Schedule {
  readonly score: number;
  readonly schedule: readonly { readonly epochs: number; readonly policy: readonly number[] }[];
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-search-'));
  await writeImages(join(folder, 'photos', 'left'), 10);
  await writeImages(join(folder, 'photos', 'right'), 10, 20);
  await writeImages(join(folder, 'plain'), 14);
  expect((await inProcess([...searched, '--name', 'whole'])).code).toBe(0);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('finds a schedule, and keeps the weights of the last generation only', () => {
  const { score, schedule } = JSON.parse(read('whole', 'schedule.json')) as Schedule;
  expect(score).toBeGreaterThanOrEqual(0);
  expect(schedule.reduce((sum, { epochs }) => sum + epochs, 0)).toBe(3);
  expect(schedule.every(({ policy }) => policy.length === 60)).toBe(true);
  expect(readdirSync(join(folder, 'runs', 'whole', 'checkpoints')).sort()).toEqual(['member-0-epoch-3', 'member-1-epoch-3', 'member-2-epoch-3']);
});

test('ended by SIGKILL, gone on with, ended by SIGINT and gone on with, it finds the same', async () => {
  const endedAt = async (argv: readonly string[], line: string, signal: NodeJS.Signals): Promise<CliResult> => {
    let sent = false;
    const stopped = await ssl([...argv, '--json'], (out, kill) => {
      if (sent || !out.includes(line)) return;
      sent = true;
      kill(signal);
    });
    expect(sent).toBe(true);
    expect(existsSync(join(folder, 'runs', 'ended', 'schedule.json'))).toBe(false);
    return stopped;
  };
  const resume = ['search', '--resume', 'runs/ended', '--device', 'cpu'];
  const killed = await endedAt([...searched, '--name', 'ended'], '"member":0,"epoch":2', 'SIGKILL');
  expect(killed.signal).toBe('SIGKILL');
  const interrupted = await endedAt(resume, '"member":0,"epoch":3', 'SIGINT');
  expect(interrupted.code, interrupted.error).toBe(130);
  const { code, error } = await ssl(resume);
  expect(code, error).toBe(0);
  expect(read('ended', 'search.json')).toBe(read('whole', 'search.json'));
  expect(read('ended', 'schedule.json')).toBe(read('whole', 'schedule.json'));
});

test('ssl train takes the schedule, and so does a run that goes on', async () => {
  const trained = await inProcess(['train', '--data', './photos', '--augmentation', 'runs/whole/schedule.json', '--epochs', '1', '--no-evaluate', '--name', 'with', ...small]);
  expect(trained.code).toBe(0);
  const { augmentation } = JSON.parse(read('with', 'config.json')) as { augmentation: Schedule['schedule'] };
  expect(augmentation).toEqual((JSON.parse(read('whole', 'schedule.json')) as Schedule).schedule);
  const notes = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const resumed = await inProcess(['train', '--resume', 'runs/with', '--epochs', '2', '--no-evaluate', '--device', 'cpu']);
  expect(notes.mock.calls.join()).toMatch(/the schedules now end at epoch 2 instead of 1/);
  notes.mockRestore();
  expect(resumed.code).toBe(0);
  expect((JSON.parse(read('with', 'config.json')) as { augmentation: unknown }).augmentation).toEqual(augmentation);
});

test.each(['alignment', 'rank-me'])('needs no labels with %s', async (metric) => {
  const { code, out } = await inProcess(['search', '--data', './plain', '--population', '2', '--interval', '1', '--epochs', '1', '--metric', metric, '--name', metric, '--method', 'vicreg', '--json', ...small]);
  expect(code).toBe(0);
  const scores = out.split('\n').filter((line) => line.includes('"event":"member"')).map((line) => (JSON.parse(line) as { score: number }).score);
  expect(scores).toHaveLength(2);
  expect(scores[0]).not.toBe(scores[1]); // other starting weights
});

test('refuses what does not fit', async () => {
  writeFileSync(join(folder, 'wrong.json'), '{"schedule":[{"epochs":"3"}]}');
  for (const [argv, message] of [
    [['search', '--data', './plain', '--metric', 'knn', ...small], '--metric knn needs classes'],
    [['search', '--data', './photos', '--metric', 'loss', ...small], '--metric needs one of knn, alignment, rank-me, got loss'],
    [['search', '--data', './photos', '--population', '1', ...small], '--population needs a whole number from 2, got 1'],
    [['search', '--data', './photos', '--method', 'uda', '--name', 'uda', ...small], 'makes two views, uda needs 2 views, labels'],
    [['search', '--data', './photos', '--augmentation', 'svhn', ...small], '--augmentation does not go with it'],
    [['search', '--resume', 'runs/whole', '--interval', '2', '--device', 'cpu'], 'interval that the search was begun with (1), got 2'],
    [['train', '--data', './photos', '--augmentation', 'cifar11', ...small], 'cifar10, svhn or a file that ssl search wrote; cifar11 could not be read'],
    [['train', '--data', './photos', '--augmentation', 'wrong.json', ...small], 'needs a JSON file with a schedule'],
  ] as const) {
    await expect(inProcess(argv), argv.join(' ')).rejects.toThrow(message);
  }
});
