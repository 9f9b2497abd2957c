/**
 * Our side of `npm run bench`: one process, one workload, driven line by line by bench.mjs. The protocol is that of peer.py.
 *
 * Run by bench.mjs as JavaScript, with the built packages; by hand:
 * node --import tsx --conditions=@ssl/source ours.ts WORKLOAD PRECISION VARIANT THREADS DATA
 */
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dinoViews, simclrViews } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { simclr } from '@ssl/contrastive';
import {
  adamw,
  compile,
  compileEagerly,
  currentEngine,
  disposeTree,
  randomKey,
  registerEngine,
  resnet18,
  resnet50,
  sgd,
  train,
  vitSmall,
  vitTiny,
  type Backbone,
  type BatchLoader,
  type HostBatch,
  type Optimizer,
  type Precision,
  type Views,
} from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import { imageFolder, imageLoader, openPack, writePack, type Dataset } from '@ssl/data';
import { nearestNeighbours } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import { profileStep } from './profile.js';

const [workload, precision, variant, threads, data] = process.argv.slice(2) as [string, Precision, string, string, string];

/** Does the workload once. */
type Step = (() => Promise<unknown>) & { readonly prefetched?: number };

/** Bytes without pattern, the same in each run. */
function noise(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

function hostBatch(batch: number, size: number): HostBatch {
  return {
    pixels: noise(batch * size * size * 3),
    shape: [batch, size, size, 3],
    indices: Int32Array.from({ length: batch }, (_, i) => i),
    aspects: new Float32Array(batch).fill(1),
  };
}

/** One batch again and again. */
function fixedLoader(batch: HostBatch): BatchLoader {
  return {
    batchSize: batch.shape[0],
    batchesPerEpoch: 1_000_000,
    async *batches() {
      for (;;) yield await Promise.resolve(batch);
    },
    close: () => Promise.resolve(),
  };
}

/** Steps of the real trainer: each call lets one more step through and ends with it. */
function trainingStep(backbone: Backbone, views: number, size: number, optimizer: Optimizer): Step {
  let open: () => void = () => undefined;
  let done: () => void = () => undefined;
  let failed: (error: unknown) => void = () => undefined;
  let gate = new Promise<void>((resolve) => (open = resolve));
  const run = train({
    method: simclr({ backbone, projectorLayers: 2, projectorBatchNorm: 'none', dimension: 128, temperature: 0.5 }),
    views: ({ images }) => ({ views: [images, images] }),
    loader: fixedLoader(hostBatch(views / 2, size)),
    optimizer,
    learningRate: 0.03,
    steps: 1_000_000,
    monitorEvery: 0,
    precision,
    hooks: [
      {
        name: 'bench',
        onStart: () => gate,
        async onStep() {
          gate = new Promise<void>((resolve) => (open = resolve));
          done();
          await gate;
        },
      },
    ],
  });
  run.catch((error: unknown) => failed(error));
  return () =>
    new Promise<void>((resolve, reject) => {
      [done, failed] = [resolve, reject];
      open();
    });
}

function augmentation(batch: number, size: number, source: number): Step {
  const { pixels, shape, aspects } = hostBatch(batch, source);
  const views = simclrViews({ size, scale: [0.08, 1], ...(size > 64 ? {} : { blur: 0 }) });
  const make = compile((input: { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => [...views(input).views], { name: 'views' });
  let step = 0;
  return async () => {
    const input = { images: imagesFromBytes(pixels, [...shape]) as tf.Tensor4D, aspects: tf.tensor1d(aspects), key: randomKey(0, step++, 'views') };
    const result = await make(input);
    await result[0]!.data();
    disposeTree([input, result]);
  };
}

/** Batches of a dataset through views, as the trainer makes them. */
function loading(dataset: Dataset, batch: number, views: Views): Step {
  const loader = imageLoader(dataset, { batchSize: batch, size: 256, seed: 0, cacheBytes: 0 });
  const batches = loader.batches({ epoch: 0, batch: 0 })[Symbol.asyncIterator]();
  const make = compile((input: { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => [...views(input).views], { name: 'views' });
  let step = 0;
  const run = async () => {
    const { value } = (await batches.next()) as { value: HostBatch };
    const input = { images: imagesFromBytes(value.pixels, [...value.shape]) as tf.Tensor4D, aspects: tf.tensor1d(value.aspects), key: randomKey(0, step++, 'views') };
    const result = await make(input);
    await result[0]!.data();
    disposeTree([input, result]);
  };
  return Object.assign(run, { prefetched: 4 });
}

/** The folder as a pack of 256 px squares, made once. */
async function packed(): Promise<Dataset> {
  const file = `${data}.sslpack`;
  if (!existsSync(file)) await writePack(await imageFolder(data), file, { size: 256 });
  return openPack(file);
}

function neighbours(count: number, dimension: number, k: number): Step {
  const bytes = noise(count * dimension * 4);
  const values = Float32Array.from({ length: count * dimension }, (_, i) => bytes[4 * i]! + bytes[4 * i + 1]! - bytes[4 * i + 2]! - bytes[4 * i + 3]!);
  return () => nearestNeighbours({ values, count, dimension }, { k });
}

const builders: Record<string, () => Step | Promise<Step>> = {
  'resnet18-cifar': () => trainingStep(resnet18({ stem: 'cifar' }), 128, 32, sgd({ momentum: 0.9 })),
  'resnet50-224': () => trainingStep(resnet50({ stem: 'imagenet' }), 16, 224, sgd({ momentum: 0.9 })),
  'vit-tiny-16-224': () => trainingStep(vitTiny(), 32, 224, adamw()),
  'vit-small-16-224': () => trainingStep(vitSmall(), 32, 224, adamw()),
  'vit-tiny-4-32': () => trainingStep(vitTiny({ imageSize: 32, patchSize: 4, checkpoint: variant === 'recompute' }), 128, 32, adamw()),
  'augment-32': () => augmentation(256, 32, 32),
  'augment-224': () => augmentation(32, 224, 256),
  'loader-224': async () => loading(await imageFolder(data), 32, simclrViews({ size: 224 })),
  'pack-224': async () => loading(await packed(), 32, simclrViews({ size: 224 })),
  'multi-crop-224': async () => loading(await imageFolder(data), 32, dinoViews({ size: 224 })),
  knn: () => neighbours(Number(data), 512, 20),
};

/** CPU seconds of the thread that runs JavaScript; nothing where the system does not say. */
function mainThreadSeconds(): number | undefined {
  const file = `/proc/self/task/${process.pid}/schedstat`;
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split(' ')[0]) / 1e9 : undefined;
}

async function main(): Promise<void> {
  await useBackend({ device: 'cpu', precision, threads: Number(threads) });
  if (variant === 'eager') registerEngine({ ...currentEngine(), compile: compileEagerly });
  const build = builders[workload];
  if (!build) throw new Error(`no workload ${workload}`);
  const step = await build();
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, count] = line.split(' ');
    if (word === 'run') {
      const seconds: number[] = [];
      const cpuSeconds: number[] = [];
      const main: number[] = [];
      // Batches that were made while others were measured do not count.
      for (let i = 0; i < (step.prefetched ?? 0); i++) await step();
      for (let i = 0; i < Number(count); i++) {
        const used = process.cpuUsage();
        const busy = mainThreadSeconds();
        const begin = performance.now();
        await step();
        seconds.push((performance.now() - begin) / 1000);
        const { user, system } = process.cpuUsage(used);
        cpuSeconds.push((user + system) / 1e6);
        if (busy !== undefined) main.push(mainThreadSeconds()! - busy);
      }
      console.log(JSON.stringify({ seconds, cpuSeconds, mainThreadSeconds: main }));
    } else if (word === 'profile') {
      console.log(JSON.stringify(await profileStep(step, precision, Number(count))));
    } else if (word === 'memory') {
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
      console.log(JSON.stringify({ peakMB: Number(peak) / 1024 }));
    } else break;
  }
  process.exit();
}

await main();
