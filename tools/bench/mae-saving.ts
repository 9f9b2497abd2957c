/**
 * What MAE saves by encoding visible patches only: training steps with three quarters of the patches hidden beside steps in which the
 * encoder sees all but one. Variants alternate, each in a process of its own for the sake of its peak memory; medians are printed.
 *
 * node --import tsx --conditions=@ssl/source tools/bench/mae-saving.ts [threads] [rounds] [blocks of the decoder]
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { maeViews, maskedCount, randomMasks, withMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { adamw, train, vitSmall, type HostBatch } from '@ssl/core';
import { mae } from '../../packages/mim/src/index.js';

interface Measured {
  readonly seconds: number;
  /** Peak of the process less what it held before the first step, in MB. */
  readonly megabytes: number;
}
const [batchSize, size, patches, steps] = [8, 224, 196, 4];
const [first = '2', second = '3', depth = '8', masked] = process.argv.slice(2);
if (masked === undefined) alternate(Number(first), Number(second));
else console.log(JSON.stringify(await measure(Number(first), Number(masked))));

async function measure(threads: number, hidden: number): Promise<Measured> {
  await useBackend({ device: 'cpu', threads });
  const method = mae({ backbone: vitSmall({ positions: 'sincos', initialisation: 'mae' }), decoderDepth: Number(depth) });
  const batch: HostBatch = {
    pixels: Uint8Array.from({ length: batchSize * size * size * 3 }, (_, i) => (i * 2_654_435_761) >>> 24),
    shape: [batchSize, size, size, 3],
    indices: Int32Array.from({ length: batchSize }, (_, i) => i),
    aspects: new Float32Array(batchSize).fill(1),
  };
  const times: number[] = [];
  let before = 0;
  const result = await train({
    method,
    views: withMasks(maeViews({ size }), randomMasks({ patches, masked: hidden })),
    loader: { batchSize, batchesPerEpoch: 1_000_000, batches: () => repeated(batch), close: () => Promise.resolve() },
    optimizer: adamw(),
    learningRate: 1e-4,
    steps,
    monitorEvery: 0,
    hooks: [
      { name: 'start', onStart: () => void (before = process.memoryUsage().rss) },
      { name: 'times', onStep: ({ seconds }) => void times.push(seconds) },
    ],
  });
  result.dispose();
  return { seconds: median(times.slice(1)), megabytes: process.resourceUsage().maxRSS / 1024 - before / 2 ** 20 };
}

async function* repeated(batch: HostBatch): AsyncGenerator<HostBatch> {
  for (;;) yield await Promise.resolve(batch);
}

function alternate(threads: number, rounds: number): void {
  const variants = { 'a quarter is visible': maskedCount(patches, 0.75), 'all but one are visible': 1 };
  const found = new Map<string, Measured[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, hidden] of Object.entries(variants)) {
      const args = ['--import', 'tsx', '--conditions=@ssl/source', fileURLToPath(import.meta.url), String(threads), String(rounds), depth, String(hidden)];
      const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
      if (status !== 0) throw new Error(`${name} ended with ${String(status)}`);
      found.set(name, [...(found.get(name) ?? []), JSON.parse(stdout.trim().split('\n').at(-1)!) as Measured]);
    }
  }
  for (const [name, runs] of found) {
    console.log(`${name}: ${median(runs.map(({ seconds }) => seconds)).toFixed(2)} s a step, ${median(runs.map(({ megabytes }) => megabytes)).toFixed(0)} MB`);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
