import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { embeddingHealth } from '../trainer/monitor.js';
import type { Check, CheckName, ConformanceContext } from './conformance.js';
import { disposeToyStep, toyStep, trainToy } from './conformance-run.js';
import { toyLoader } from './toy-loader.js';

const flat: Check = async (context) => {
  const counts: number[] = [];
  const result = await trainToy(context, {
    steps: 8,
    hooks: [{ name: 'count', onStep: () => void counts.push(tf.memory().numTensors) }],
  });
  result.dispose();
  // The first step may fill caches.
  assert.equal(new Set(counts.slice(2)).size, 1, `the number of tensors must stay the same from step to step, got ${counts.join(', ')}`);
};

const checkpoints: Check = async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'ssl-conformance-'));
  try {
    const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
    const stop = new AbortController();
    const halt = { name: 'halt', onStep: ({ step }: { step: number }) => (step === 2 ? stop.abort() : undefined) };
    const runs = [
      await trainToy(context, { steps: 4, checkpoint: { folder: whole } }),
      await trainToy(context, { steps: 4, checkpoint: { folder: parts }, signal: stop.signal, hooks: [halt] }),
      await trainToy(context, { steps: 4, checkpoint: { folder: parts }, resume: true }),
    ] as const;
    const [one, , two] = runs;
    const [expected, actual] = await Promise.all([readFile(one.checkpoint!), readFile(two.checkpoint!)]);
    for (const run of runs) run.dispose();
    assert(actual.equals(expected), 'the checkpoint of an interrupted and resumed run differs: keep all state in params and aux');
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** One small set, seen again and again. */
const toySet = ({ batchSize, imageSize: size, channels, toyBatches: batchesPerEpoch }: ConformanceContext) =>
  toyLoader({ batchSize, size, channels, batchesPerEpoch });

const learns: Check = async (context) => {
  const { steps } = context;
  const { metric, direction } = context.progress;
  const values: number[] = [];
  const result = await trainToy(context, {
    steps,
    loader: toySet(context),
    hooks: [
      { name: 'progress', onStep: ({ loss, metrics }) => void values.push(metric === 'loss' ? loss : (metrics[metric] ?? Number.NaN)) },
    ],
  });
  result.dispose();
  const window = Math.max(1, Math.floor(steps / 8));
  const mean = (part: number[]) => part.reduce((sum, value) => sum + value, 0) / part.length;
  const [before, after] = [mean(values.slice(0, window)), mean(values.slice(-window))];
  const better = direction === 'falls' ? after < before : after > before;
  assert(better, `${metric} ${direction} on a toy set: ${before} in the first steps, ${after} in the last of ${steps}`);
};

const spreads: Check = async (context) => {
  const step = await toyStep(context);
  const images = step.tensors.batch.views[0]!;
  const spreadOf = async (networks: { params: TensorRecord; aux: TensorRecord }) => {
    const embedding = tf.tidy(() => context.method.embed({ ...networks, images })) as Tensor2D;
    const { spread } = await embeddingHealth(embedding);
    disposeTree(embedding);
    return spread;
  };
  const before = await spreadOf(step.tensors.state);
  const result = await trainToy(context, { steps: context.steps, loader: toySet(context) });
  const after = await spreadOf(result);
  assert(after > 0.2 * before, `embeddings lose their spread: ${before} untrained, ${after} after ${context.steps} steps`);
  result.dispose();
  disposeToyStep(step);
};

export const trainingChecks = {
  'the number of tensors stays flat': flat,
  'a run goes on from its checkpoint as if it had never stopped': checkpoints,
  'something is learned on a toy set': learns,
  'embeddings keep their spread': spreads,
} as const satisfies Partial<Record<CheckName, Check>>;
