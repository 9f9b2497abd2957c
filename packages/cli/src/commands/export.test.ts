import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, saveCheckpoint, loadCheckpoint } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here.js';
import { writeImages } from '../testing/test-images.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../../weights/src/__fixtures__/${name}`, import.meta.url));
const quick = ['--device', 'cpu', '--batch-size', '8', '--image-size', '8', '--no-evaluate', '--workers', '1', '--no-tensorboard'];

let folder: string;
const ssl = (...argv: string[]) => runHere(argv, folder);
const at = (...parts: string[]) => join(folder, ...parts);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-export-'));
  await writeImages(at('photos'), 16, 16);
  for (const name of ['dino.pth', 'moco-v2.pth', 'torchvision-resnet18.pth']) copyFileSync(fixture(name), at(name));
  const trained = await ssl('train', '--method', 'simclr', '--data', 'photos', '--epochs', '3', '--width', '0.25', '--name', 'a', ...quick);
  expect(trained.error).toBe('');
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('what ssl train makes by default', () => {
  it('leaves with its network and its preprocessing, and comes back', async () => {
    const { code, out } = await ssl('export', 'runs/a', '--out', 'out/mine-1.safetensors');
    expect(code).toBe(0);
    expect(out).toContain("import sys\nsys.path.insert(0, 'out')\nfrom mine_1_model import load_model, preprocess\nmodel = load_model()\n");
    const module = readFileSync(at('out/mine_1_model.py'), 'utf8');
    expect(module).toContain("WEIGHTS = pathlib.Path(__file__).resolve().parent / 'mine-1.safetensors'");
    expect(module).toContain('class Network(nn.Sequential):');
    const { metadata } = await readSafetensors(at('out/mine-1.safetensors'));
    expect(JSON.parse(metadata.preprocessing!)).toEqual({ input_size: [3, 8, 8], interpolation: 'bilinear', crop_pct: 1, crop_mode: 'center', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });

    const embedded = await ssl('embed', 'out/mine-1.safetensors', '--data', 'photos', '--out', 'exported.jsonl', '--device', 'cpu');
    expect(embedded.error).toBe('');
    await ssl('embed', 'runs/a', '--data', 'photos', '--out', 'own.jsonl', '--device', 'cpu');
    expect(readFileSync(at('exported.jsonl'), 'utf8')).toBe(readFileSync(at('own.jsonl'), 'utf8'));
  });

  it('into a folder, from a checkpoint, again', async () => {
    mkdirSync(at('there'));
    const [file] = readdirSync(at('runs/a/checkpoints'));
    const exporting = () => ssl('export', `runs/a/checkpoints/${file!}`, '--out', 'there');
    expect([(await exporting()).code, (await exporting()).code]).toEqual([0, 0]);
    expect(readdirSync(at('there')).sort()).toEqual(['backbone.safetensors', 'backbone_model.py']);
  });
});

/** Runs a command that fails, and then what its error says to write. */
async function followed(argv: string[], error: RegExp, follow: (advice: RegExpExecArray) => string[]): Promise<void> {
  const failed = await ssl(...argv);
  expect(failed.code, argv.join(' ')).not.toBe(0);
  expect(failed.error).toMatch(error);
  expect(failed.error).not.toMatch(/should not happen/);
  const next = await ssl(...follow(error.exec(failed.error)!));
  expect(next.error).toBe('');
  expect(next.code, failed.error).toBe(0);
}

describe('the advice of an error can be followed', () => {
  it.each<[string, string[], RegExp, (advice: RegExpExecArray) => string[]]>([
    ['a network that timm does not have', ['export', 'runs/a', '--to', 'timm'], /small convolutional.*: ssl export (--to pytorch)\n$/, ([, flags]) => ['export', 'runs/a', ...flags!.split(' '), '--out', 'a1/']],
    ['a network that torchvision does not have', ['export', 'runs/a', '--to', 'torchvision'], /: ssl export (--to pytorch)\n$/, ([, flags]) => ['export', 'runs/a', ...flags!.split(' '), '--out', 'a2/']],
    ['an ending that is not written', ['export', 'runs/a', '--out', 'x.pth'], /got x\.pth\. Write (--out x\.safetensors)\n$/, ([, flags]) => ['export', 'runs/a', ...flags!.split(' ')]],
    ['a file that is none', ['import', 'photos'], /photos is a folder without one.*, or the folder of a (run)/, () => ['export', 'runs/a', '--out', 'a3/']],
    ['a run to be imported', ['import', 'runs/a'], /needs no import\. Write .* train (--init runs\/a), or .* (export runs\/a)\n$/, ([, , command]) => [...command!.split(' '), '--out', 'a4/']],
    ['heads', ['import', 'dino.pth'], /ssl (import FILE --heads) N\n$/, ([, command]) => [...command!.replace('FILE', 'dino.pth').split(' '), '2', '--out', 'a5/']],
    ['names of another source', ['import', 'dino.pth', '--from', 'transformers'], /\(ssl (import FILE --from auto)\)/, ([, command]) => [...command!.replace('FILE', 'dino.pth').split(' '), '--heads', '2', '--out', 'a6/']],
    ['a network that the file has not', ['import', 'moco-v2.pth', '--checkpoint-key', 'teacher'], /Name one of these: ssl (import FILE --checkpoint-key \S+)\n$/, ([, command]) => [...command!.replace('FILE', 'moco-v2.pth').split(' '), '--out', 'a7/']],
  ])('%s', async (_, argv, error, follow) => {
    await followed(argv, error, follow);
  });

  it('a folder with several files of weights', async () => {
    mkdirSync(at('several'));
    for (const name of ['one.pth', 'two.pth']) copyFileSync(fixture('torchvision-resnet18.pth'), at('several', name));
    await followed(['import', 'several'], /a folder with 2: one\.pth, two\.pth\. Give one of them: (\S+)\n$/, ([, path]) => ['import', path!, '--out', 'a8/']);
    rmSync(at('several/two.pth'));
    expect((await ssl('import', 'several', '--out', 'a8/')).code).toBe(0);
  });

  it('the file that is read, a checkpoint, or a module of somebody else in the way', async () => {
    await ssl('export', 'runs/a', '--out', 'b/x.safetensors');
    const out = /(--out \S+)\n$/;
    await followed(['export', 'b/x.safetensors', '--out', 'b/x.safetensors'], out, ([, flags]) => ['export', 'b/x.safetensors', ...flags!.split(' ')]);
    const [file] = readdirSync(at('runs/a/checkpoints'));
    await followed(['export', 'b/x.safetensors', '--out', `runs/a/checkpoints/${file!}`], out, ([, flags]) => ['export', 'b/x.safetensors', ...flags!.split(' ')]);
    writeFileSync(at('b/y_model.py'), 'mine = 1\n');
    await followed(['export', 'runs/a', '--out', 'b/y.safetensors'], /b\/y_model\.py, where another file is\. Give the weights another name with (--out)/, ([, flag]) => ['export', 'runs/a', flag!, 'b/z.safetensors']);
    expect(readFileSync(at('b/y_model.py'), 'utf8')).toBe('mine = 1\n');
    expect(existsSync(at('b/y.safetensors'))).toBe(false);
  });
});

describe('the whole checkpoint beside a damaged one', () => {
  let older: string;
  let newest: string;
  beforeAll(() => {
    [older, newest] = readdirSync(at('runs/a/checkpoints')).sort().map((name) => `runs/a/checkpoints/${name}`) as [string, string];
    truncateSync(at(newest), 2000);
  });

  it.each<[string[], string]>([
    [['export', 'runs/a'], 'in place'],
    [['eval', 'runs/a', '--device', 'cpu'], 'in place'],
    [['embed', 'runs/a', '--device', 'cpu'], 'in place'],
    [['train', '--method', 'simclr', '--data', 'photos', '--epochs', '1', '--init', 'runs/a', '--name', 'b', ...quick], '--init'],
    [['train', '--epochs', '1', '--continue-from', 'runs/a', '--name', 'c', '--device', 'cpu'], '--continue-from'],
    [['train', '--method', 'vq-kd', '--data', 'photos', '--epochs', '1', '--teacher', 'runs/a', '--name', 'd', ...quick], '--teacher'],
    [['train', '--resume', 'runs/a', '--device', 'cpu'], '--resume'],
  ])('is told to %j', async (argv, flag) => {
    const { code, error } = await ssl(...argv);
    expect(code).toBe(1);
    expect(error).toContain(`The one before it, of step 4, is whole. To take it, write ${flag === 'in place' ? `${older} in place of the run` : `${flag} ${older}`}\n`);
  });

  it('and can be taken', async () => {
    expect((await ssl('export', older, '--out', 'older/')).code).toBe(0);
    const resumed = await ssl('train', '--resume', older, '--device', 'cpu', '--no-evaluate', '--workers', '1', '--no-tensorboard');
    expect(resumed.error).toBe('');
    expect(resumed.out).toMatch(/going on at step 4/);
    expect((await ssl('export', 'runs/a', '--out', 'older/')).code).toBe(0);
  });

  it('beside one with NaN too', async () => {
    const { params, ...rest } = await loadCheckpoint(at(newest));
    await saveCheckpoint(at(newest), { ...rest, params: { ...params, extra: tf.tensor1d([NaN]) } });
    const { error } = await ssl('export', 'runs/a', '--out', 'older/');
    expect(error).toMatch(/'params\/extra' \(1 NaN of 1\).*The one before it, of step 4/s);
  });
});
