/**
 * One run of the table in a process of its own: `node --import tsx --conditions=@ssl/source run-one.ts '{ ... }'`, see RunRequest.
 * Writes its result as JSON when it is complete, so that an interrupted run leaves nothing behind.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { adamw, disposeTree, frozenNetwork, lars, sgd, train, type MethodContext, type MethodPlugin, type TensorRecord } from '@ssl/core';
import { imageLoader } from '@ssl/data';
import { colourHistogram, embeddingSpread, hog, rankMe, rawPixels, type Features, type ImageSet } from '@ssl/eval';
import { openTableData, type DatasetName, type TableData } from './data-sets.js';
import { methods } from '@ssl/mim';
import { embedSet, fineTuned, score, type SetFeatures } from './evaluate.js';
import { installedMethods } from './installed-methods.js';
import { fineTunedMethods, networkFor, protocol, tokenizerProtocol } from './small-network.js';

/** What one run is asked for. */
export interface RunRequest {
  readonly kind: 'ours' | 'peer' | 'baselines';
  readonly dataset: DatasetName;
  readonly method?: string;
  readonly seed?: number;
  readonly views?: number;
  /** Method options in place of the preset's: for tuning. The table gives the preset itself. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** File of the result. */
  readonly out: string;
  /** For the peer. */
  readonly python?: string;
  /** Folder for the images that the peer reads. */
  readonly cache: string;
}

const request = JSON.parse(process.argv[2] ?? '{}') as RunRequest;
await useBackend({ device: 'cpu' });
const data = await openTableData(request.dataset);
const result = request.kind === 'baselines' ? await baselines() : await methodRun();
mkdirSync(dirname(request.out), { recursive: true });
writeFileSync(`${request.out}.part`, `${JSON.stringify(result, undefined, 1)}\n`);
renameSync(`${request.out}.part`, request.out);
process.exit(0);

/** Features that need no network. */
async function baselines() {
  const each = async (features: (images: ImageSet) => Features) =>
    score(data, { train: features(data.images), ...(data.test === undefined ? {} : { test: features(data.test) }) });
  return {
    rawPixels: await each(rawPixels),
    ...(data.channels === 3 ? { colourHistogram: await each((images) => colourHistogram(images)) } : {}),
    hog: await each((images) => hog(images)),
  };
}

async function methodRun() {
  const { method: name, seed = 0, views: budget = 1_000_000, options } = request;
  const plugin = (await installedMethods()).find((candidate) => candidate.name === name);
  if (plugin === undefined) throw new Error(`no installed method is called ${String(name)}`);
  const merged = { ...plugin.defaults, ...plugin.smallData, ...options };
  const backbone = networkFor(plugin, data);
  if (request.kind === 'peer') {
    const { recipe, totalSteps } = build(plugin, merged, { backbone, imageSize: data.size, budget });
    const peak = Math.max(...Array.from({ length: totalSteps }, (_, step) => recipe.learningRate(step, totalSteps)));
    return peerRun(data, { method: name!, seed, steps: totalSteps, peak, options: merged });
  }
  const tokenizer = plugin.frozen?.includes('tokenizer') === true ? await trainTokenizer(seed, budget * tokenizerProtocol.share) : undefined;
  const built = build(plugin, merged, {
    backbone,
    imageSize: data.size,
    budget: budget - (tokenizer?.record.views ?? 0),
    ...(tokenizer === undefined ? {} : { frozen: { tokenizer: tokenizer.network } }),
  });
  const { method, totalSteps } = built;
  const { trained, losses, seconds } = await trainBuilt(built, data.size, seed);
  const features = await embedSet(data, method, { params: trained.params, aux: trained.aux });
  const scores = await score(data, features);
  const start = method.init(seed);
  const untrained = await score(data, await embedSet(data, method, start as { params: TensorRecord; aux: TensorRecord }));
  disposeTree(start);
  const tuned = fineTunedMethods.has(plugin.name) ? await fineTuned(data, method, { params: trained.params, aux: trained.aux }, seed) : {};
  return {
    ...request,
    options: merged,
    network: backbone.name,
    views: built.seen + (tokenizer?.record.views ?? 0),
    steps: totalSteps,
    seconds: seconds + (tokenizer?.record.seconds ?? 0),
    ...scores,
    ...tuned,
    untrained,
    ...(tokenizer === undefined ? {} : { tokenizer: tokenizer.record }),
    spread: embeddingSpread(features.train),
    rankMe: rankMe(features.train),
    losses: losses.filter((_, step) => step % Math.ceil(totalSteps / 40) === 0 || step === totalSteps - 1),
    warnings: trained.warnings,
  };
}

interface Built extends ReturnType<MethodPlugin['create']> {
  readonly totalSteps: number;
  /** Views that are seen in so many whole steps. */
  readonly seen: number;
}

/** The method with the number of steps that the budget of views allows. */
function build(plugin: MethodPlugin, options: Record<string, unknown>, { budget, ...given }: Pick<MethodContext, 'backbone' | 'imageSize' | 'frozen'> & { budget: number }): Built {
  const { batchSize } = protocol;
  const context = { ...given, channels: data.channels, batchSize, datasetSize: data.images.shape[0], stepsPerEpoch: Math.floor(data.images.shape[0] / batchSize) };
  const perImage = plugin.create({ ...context, totalSteps: 1 }, options).method.batch.views;
  const totalSteps = Math.round(budget / (batchSize * perImage));
  return { ...plugin.create({ ...context, totalSteps }, options), totalSteps, seen: totalSteps * batchSize * perImage };
}

async function trainBuilt({ method, views, recipe, totalSteps }: Built, imageSize: number, seed: number) {
  const loader = imageLoader(data.dataset, { size: imageSize, channels: data.channels, batchSize: protocol.batchSize, seed });
  const losses: number[] = [];
  let metrics: Readonly<Record<string, number>> = {};
  const started = performance.now();
  const trained = await train({
    method,
    views,
    loader,
    optimizer: { sgd, adamw, lars }[recipe.optimizer](recipe.optimizerOptions),
    learningRate: recipe.learningRate,
    weightDecay: recipe.weightDecay,
    ...(recipe.clipNorm === undefined ? {} : { clipNorm: recipe.clipNorm }),
    steps: totalSteps,
    seed,
    hooks: [
      {
        name: 'losses',
        onStep: (step) => {
          losses.push(step.loss);
          ({ metrics } = step);
        },
      },
    ],
  });
  const seconds = (performance.now() - started) / 1000;
  await loader.close();
  return { trained, losses, metrics, seconds };
}

/** The dVAE whose tokens the run's network learns to say; its views and seconds are a part of the run's. */
async function trainTokenizer(seed: number, budget: number) {
  const { method: name, imageSize } = tokenizerProtocol;
  const plugin = methods.find((candidate) => candidate.name === name)! as unknown as MethodPlugin;
  const built = build(plugin, { ...plugin.defaults, ...plugin.smallData }, { backbone: networkFor(plugin, data), imageSize, budget });
  const { trained, losses, metrics, seconds } = await trainBuilt(built, imageSize, seed);
  const { method } = built;
  return {
    network: frozenNetwork({ method, state: { params: trained.params, aux: trained.aux }, imageSize, channels: data.channels }),
    record: { method: name, views: built.seen, seconds, firstLoss: losses[0], lastLoss: losses.at(-1), metrics, warnings: trained.warnings },
  };
}

/** lightly's loss and head of the method, trained in PyTorch on the same images; its features are judged here. */
async function peerRun(table: TableData, run: { method: string; seed: number; steps: number; peak: number; options: Record<string, unknown> }) {
  const images = imageFile(table, 'train', table.images);
  const test = table.test === undefined ? undefined : imageFile(table, 'test', table.test);
  const features = join(request.cache, `features-${String(process.pid)}`);
  const script = join(dirname(fileURLToPath(import.meta.url)), 'peer.py');
  const job = { ...run, images, ...(test === undefined ? {} : { test }), shape: table.images.shape, batchSize: protocol.batchSize, features };
  const { status, stdout } = spawnSync(request.python!, [script, JSON.stringify(job)], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 2 ** 26 });
  if (status !== 0) throw new Error(`the peer of ${run.method} ended with ${String(status)}`);
  const answer = JSON.parse(stdout.trim().split('\n').at(-1)!) as { dimension: number; seconds: number; name: string; losses: number[] };
  const read = (part: string): Features => {
    const bytes = readFileSync(`${features}-${part}.f32`);
    const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return { values, count: values.length / answer.dimension, dimension: answer.dimension };
  };
  const scoreOf = async (state: string) => {
    const set: SetFeatures = { train: read(`${state}-train`), ...(test === undefined ? {} : { test: read(`${state}-test`) }) };
    return score(table, set);
  };
  return { ...request, options: run.options, steps: run.steps, name: answer.name, seconds: answer.seconds, losses: answer.losses, ...(await scoreOf('trained')), untrained: await scoreOf('untrained') };
}

/** The decoded bytes, once for all peers. */
function imageFile({ name }: TableData, part: string, images: ImageSet): { path: string; count: number } {
  const path = join(request.cache, `${name}-${part}-${images.shape.join('x')}.u8`);
  if (!existsSync(path)) {
    mkdirSync(request.cache, { recursive: true });
    writeFileSync(`${path}.part`, images.pixels);
    renameSync(`${path}.part`, path);
  }
  return { path, count: images.shape[0] };
}
