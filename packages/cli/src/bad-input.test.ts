import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { RunRecord } from './run/run-description.js';
import { runCli } from './testing/run-cli.js';
import { runHere, type HereResult } from './testing/run-here.js';
import { hugePng, truncatedJpeg, writeImages, writeTextAsPng } from './testing/test-images.js';

// Each test starts processes of its own, which take seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

let folder = '';
const photos = (): string => join(folder, 'photos');
/** The smallest run that trains: a few steps of a narrow network. */
const small = ['--width', '0.25', '--image-size', '16', '--batch-size', '4', '--epochs', '2', '--device', 'cpu'];
const train = (...more: string[]): Promise<HereResult> => runHere(['train', '--method', 'simclr', ...more], folder);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-bad-input-'));
  await writeImages(photos(), 12);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('nothing to train on, or not as asked: a message, a code, no run folder', () => {
  test('an empty folder', async () => {
    mkdirSync(join(folder, 'empty'));
    const { code, error } = await train('--data', 'empty');
    expect(code).toBe(1);
    expect(error).toMatch(/A folder with images was needed, .*empty holds none/);
  });

  test('a folder with one image', async () => {
    await writeImages(join(folder, 'one'), 1);
    const { code, error } = await train('--data', 'one');
    expect(code).toBe(2);
    expect(error).toMatch(/Training needs at least 2 different images, one holds 1\. Add images/);
  });

  test('only files that are no images', async () => {
    mkdirSync(join(folder, 'fakes'));
    for (const name of ['a', 'b', 'c', 'd', 'e']) writeTextAsPng(join(folder, 'fakes', `${name}.png`));
    const { code, error } = await train('--data', 'fakes', '--name', 'fakes', ...small);
    expect(code).toBe(1);
    expect(existsSync(join(folder, 'runs', 'fakes'))).toBe(false);
    expect(error).toMatch(/all 5 of fakes are broken: .*\.png \(it is text, not an image\./);
  });

  test('a batch larger than the data', async () => {
    const { code, error } = await train('--data', 'photos', '--batch-size', '100', '--device', 'cpu');
    expect(code).toBe(2);
    expect(error).toMatch(/A batch of 100 images is larger than the data: there are 12\. Use --batch-size 8 or less/);
  });

  test('no epochs', async () => {
    const { code, error } = await train('--data', 'photos', '--epochs', '0');
    expect(code).toBe(2);
    expect(error).toMatch(/--epochs: needs at least 1, got 0/);
  });

  test('an unknown option', async () => {
    const { code, error } = await train('--data', 'photos', '--epoch', '3');
    expect(code).toBe(2);
    expect(error).toMatch(/unknown option '--epoch'\s+\(Did you mean --epochs\?\)/);
  });

  test('a missing libtensorflow', async () => {
    const { code, error } = await runCli(['train', '--data', 'photos', '--device', 'cpu'], { folder, env: { SSL_LIBTENSORFLOW: join(folder, 'nowhere') } });
    expect(code).toBe(1);
    expect(error).toMatch(/libtensorflow_framework.*nowhere does not exist/s);
  });

  test('a fetched libtensorflow with a wrong checksum', async () => {
    // A pip that delivers another file under the right name.
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const pip = `#!/bin/sh\ncase "$*" in *--version*) exit 0;; esac\nwhile [ $# -gt 0 ]; do case "$1" in --dest) dest="$2";; esac; shift; done\necho other > "$dest/tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl"\n`;
    writeFileSync(join(bin, 'python3'), pip);
    chmodSync(join(bin, 'python3'), 0o755);
    const cache = join(folder, 'cache');
    const env = { PATH: `${bin}:${process.env.PATH ?? ''}`, SSL_CACHE: cache, SSL_LIBTENSORFLOW: '' };
    const { code, error } = await runCli(['train', '--data', 'photos', '--device', 'cpu'], { folder, env });
    expect(code).toBe(1);
    expect(error).toMatch(/sha-?256/i);
    expect(readdirSync(cache, { recursive: true }).filter((name) => String(name).endsWith('.so.2'))).toEqual([]);
  });
});

test('broken files among good ones are skipped, counted and named', async () => {
  const mixed = join(folder, 'mixed');
  await writeImages(mixed, 12);
  writeTextAsPng(join(mixed, 'text.png'));
  writeFileSync(join(mixed, 'cut.jpg'), await truncatedJpeg());
  writeFileSync(join(mixed, 'huge.png'), hugePng(30_000));
  const { code, error, out } = await train('--data', 'mixed', '--name', 'mixed', ...small);
  expect(code, error).toBe(0);
  expect(error).toMatch(/3 images could not be used/);
  const report = readFileSync(join(folder, 'runs', 'mixed', 'report.html'), 'utf8');
  for (const name of ['text.png', 'cut.jpg', 'huge.png']) expect(report).toContain(name);
  expect(report).toMatch(/30000 x 30000 pixels are over the limit/);
  expect(out).toContain('runs/mixed/report.html');
});

describe('a run that is there', () => {
  beforeAll(async () => {
    const { code, error } = await train('--data', 'photos', '--name', 'first', ...small);
    expect(code, error).toBe(0);
  });

  test('is not overwritten', async () => {
    const before = readdirSync(join(folder, 'runs', 'first', 'checkpoints'));
    const { code, error } = await train('--data', 'photos', '--name', 'first', ...small);
    expect(code).toBe(1);
    expect(error).toMatch(/runs\/first exists already.*--resume runs\/first/);
    expect(readdirSync(join(folder, 'runs', 'first', 'checkpoints'))).toEqual(before);
  });

  test('is not continued with other settings', async () => {
    const config = readFileSync(join(folder, 'runs', 'first', 'config.json'), 'utf8');
    const { code, error } = await train('--resume', 'runs/first', '--width', '0.5', '--epochs', '4', '--temperature', '0.3', '--image-size', '16', '--device', 'cpu');
    expect(code).toBe(2);
    expect(error).toMatch(/of another run would be --width 0\.5 \(the run: 0\.25\), --temperature 0\.3 \(the run: 0\.1\)\. Leave them out, or start a new run without --resume/);
    expect(readFileSync(join(folder, 'runs', 'first', 'config.json'), 'utf8')).toBe(config);
  });

  test('is not continued with other images, of the same number', async () => {
    const config = readFileSync(join(folder, 'runs', 'first', 'config.json'), 'utf8');
    const image = join(photos(), 'image-7.png');
    const before = readFileSync(image);
    writeFileSync(image, readFileSync(join(photos(), 'image-3.png')));
    const { code, error } = await train('--resume', 'runs/first', '--epochs', '3', '--device', 'cpu');
    writeFileSync(image, before);
    expect(code).toBe(2);
    expect(error).toMatch(/those of runs\/first have changed since: 1 has another content \(image-7\.png\)\. .*--continue-from runs\/first --epochs N --data photos/s);
    expect(readFileSync(join(folder, 'runs', 'first', 'config.json'), 'utf8')).toBe(config);
  });

  test('is continued with more epochs, from another place, and whatever a configuration says now', async () => {
    renameSync(photos(), join(folder, 'moved'));
    writeFileSync(join(folder, 'new.config.json'), JSON.stringify({ optimizer: { learningRate: 1 }, batchSize: 6, epochs: 9 }));
    const { code, error } = await train('--resume', 'runs/first', '--config', 'new.config.json', '--data', 'moved', '--epochs', '3', '--device', 'cpu');
    renameSync(join(folder, 'moved'), photos());
    expect(code, error).toBe(0);
    expect(error).toMatch(/the settings are those of runs\/first; not taken from new\.config\.json: batch-size 6 \(the run: 4\), optimizer\.learning-rate 1 \(the run: as the method has it\)\./);
    expect(error).toMatch(/end at epoch 3 instead of 2: at step 6 the learning rate goes from \S+ to \S+\. .*--continue-from runs\/first/);
    expect(readdirSync(join(folder, 'runs', 'first', 'checkpoints'))).toContain('step-00000009.safetensors');
    const record = JSON.parse(readFileSync(join(folder, 'runs', 'first', 'config.json'), 'utf8')) as RunRecord;
    expect(record).toMatchObject({ epochs: 3, batchSize: 4, data: join(folder, 'moved') });
    expect(record.optimizer).toBeUndefined();
    expect(record.attempts).toMatchObject([{ fromStep: 0, epochs: 2, data: photos() }, { fromStep: 6, epochs: 3, data: join(folder, 'moved') }]);
  });

  test('is not cut short below what is done', async () => {
    const { code, error } = await train('--resume', 'runs/first', '--epochs', '1', '--device', 'cpu');
    expect(code).toBe(2);
    expect(error).toMatch(/has done \d+ steps, which is more than --epochs 1: 3\. Give --epochs \d or more/);
  });
});

/** A small file system of its own can be mounted without root on most Linux systems. */
const canMount = ((): boolean => {
  try {
    execFileSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.runIf(canMount)('a disk that fills up while saving: the old checkpoint stays, and the message says so', async () => {
  const target = join(folder, 'full', 'runs');
  mkdirSync(target, { recursive: true });
  const seen = join(folder, 'full', 'seen');
  const { code, error } = await runCli(['train', '--data', photos(), '--name', 'full', '--checkpoint.keep', '50', '--no-tensorboard', ...small, '--epochs', '12'], {
    folder: join(folder, 'full'),
    prepare: `mount -t tmpfs -o size=1000k tmpfs "${target}"`,
    after: `cp -r "${target}" "${seen}"`, // the mount ends with the shell
  });
  expect(error).toMatch(/ENOSPC|no space|disk is full/i);
  expect(error).toMatch(/The weights of step 36 could not be saved.*The newest checkpoint is .*step-00000006\.safetensors\. Free some space, then go on with --resume/);
  expect(code).toBe(1);
  const saved = readdirSync(join(seen, 'full', 'checkpoints')).filter((name) => name.endsWith('.safetensors'));
  expect(saved).toEqual(['step-00000003.safetensors', 'step-00000006.safetensors']);
  expect(existsSync(join(seen, 'full', 'config.json'))).toBe(true);
});
