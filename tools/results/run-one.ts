/**
 * One run of the table in a process of its own: `node --import tsx --conditions=@ssl/source run-one.ts '{ ... }'`, see RunRequest.
 * Writes its result as JSON when it is complete, so that an interrupted run leaves nothing behind.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { adamw, disposeTree, lars, sgd, train, type MethodContext, type TensorRecord } from '@ssl/core';
import { imageLoader } from '@ssl/data';
import { colourHistogram, embeddingSpread, hog, rankMe, rawPixels, type Features, type ImageSet } from '@ssl/eval';
import { openTableData, type DatasetName, type TableData } from './data-sets.js';
import { embedSet, score, type SetFeatures } from './evaluate.js';
import { installedMethods } from './installed-methods.js';
import { networkFor, protocol } from './small-network.js';

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
  const { batchSize } = protocol;
  const stepsPerEpoch = Math.floor(data.images.shape[0] / batchSize);
  const context: MethodContext = {
    backbone: networkFor(plugin.name, data),
    imageSize: data.size,
    channels: data.channels,
    batchSize,
    datasetSize: data.images.shape[0],
    totalSteps: 1,
    stepsPerEpoch,
  };
  const views = plugin.create(context, merged).method.batch.views;
  const totalSteps = Math.round(budget / (batchSize * views));
  const built = plugin.create({ ...context, totalSteps }, merged);
  const { recipe, method } = built;
  const peak = Math.max(...Array.from({ length: totalSteps }, (_, step) => recipe.learningRate(step, totalSteps)));
  if (request.kind === 'peer') return peerRun(data, { method: name!, seed, steps: totalSteps, peak, options: merged });

  const loader = imageLoader(data.dataset, { size: data.size, channels: data.channels, batchSize, seed });
  const losses: number[] = [];
  const started = performance.now();
  const trained = await train({
    method,
    views: built.views,
    loader,
    optimizer: { sgd, adamw, lars }[recipe.optimizer](recipe.optimizerOptions),
    learningRate: recipe.learningRate,
    weightDecay: recipe.weightDecay,
    ...(recipe.clipNorm === undefined ? {} : { clipNorm: recipe.clipNorm }),
    steps: totalSteps,
    seed,
    hooks: [{ name: 'losses', onStep: ({ loss }) => void losses.push(loss) }],
  });
  const seconds = (performance.now() - started) / 1000;
  await loader.close();
  const features = await embedSet(data, method, { params: trained.params, aux: trained.aux });
  const scores = await score(data, features);
  const start = method.init(seed);
  const untrained = await score(data, await embedSet(data, method, start as { params: TensorRecord; aux: TensorRecord }));
  disposeTree(start);
  return {
    ...request,
    options: merged,
    views: totalSteps * batchSize * views,
    steps: totalSteps,
    seconds,
    ...scores,
    untrained,
    spread: embeddingSpread(features.train),
    rankMe: rankMe(features.train),
    losses: losses.filter((_, step) => step % Math.ceil(totalSteps / 40) === 0 || step === totalSteps - 1),
    warnings: trained.warnings,
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
