import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { allGather, allReduce, reduceScatter } from '@ssl/core/ops';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';
import { joinCollective } from './join-collective.js';

const script = fileURLToPath(new URL('./__fixtures__/rank.mts', import.meta.url));

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Runs one rank and returns the JSON that it prints. */
function runRank(...argument: (string | number)[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--conditions=@ssl/source', script, ...argument.map(String)],
      { stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 },
    );
    let output = '';
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
    child.on('close', (code, signal) => {
      if (output === '' && code !== 3) reject(new Error(`rank ended with ${code ?? signal ?? ''}: ${log.slice(-2000)}`));
      else resolve(output === '' ? { code } : JSON.parse(output));
    });
  });
}

async function addresses(count: number): Promise<string[]> {
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  return ports.map((port) => `127.0.0.1:${port}`);
}

describe('two ranks', () => {
  it('reduce, gather and scatter, with gradients, eagerly and compiled', async () => {
    const list = (await addresses(2)).join(',');
    const [zero, one] = await Promise.all([runRank(0, 2, list, 40, 20), runRank(1, 2, list, 40, 20)]);
    // x is [[1, 2], [3, 4]] on rank 0 and [[2, 2], [3, 4]] on rank 1
    const common = {
      sum: [3, 4, 6, 8],
      mean: [1.5, 2, 3, 4],
      gathered: [4, 2, 1, 2, 3, 4, 2, 2, 3, 4],
      // y = sum; rank r's loss is (r + 1) sum w y^2, and both gradients arrive: 2 (1 + 2) w y with w = [1, 2, 3, 4]
      gradientOfReduce: [18, 48, 108, 192],
      again: [2.5, 3, 4, 5],
    };
    expect(zero).toMatchObject({
      ...common,
      before: [1, 100],
      scattered: [3, 4],
      // 2 (1 + 2) w y over the rows of rank 0: w = [1, 2, 3, 4], y = [1, 2, 3, 4]
      gradientOfGather: [6, 24, 54, 96],
      // d/dx of rank 0's row [3, 4] and rank 1's row [6, 8], each by its own rank: 2 (r + 1) [1, 2] y
      gradientOfScatter: [6, 16, 24, 64],
      compiled: { mean: common.mean, all: common.gathered, slope: [6, 24, 54, 96] },
    });
    expect(one).toMatchObject({
      ...common,
      before: [4, 400],
      scattered: [6, 8],
      // rows of rank 1: w = [5, 6, 7, 8], y = [2, 2, 3, 4]
      gradientOfGather: [60, 72, 126, 192],
      gradientOfScatter: [6, 16, 24, 64],
      compiled: { mean: common.mean, all: common.gathered, slope: [60, 72, 126, 192] },
    });
  });

  it('say which rank is missing', async () => {
    const list = await addresses(2);
    expect(await runRank(0, 2, list.join(','), 2, 2)).toEqual({
      error: `[@ssl/backend] all 2 ranks must join, but after 2 s rank 1 (${list[1] ?? ''}) did not answer. Start it with the same addresses, and see that this machine reaches that port.`,
    });
  });

  it('say that a rank died', async () => {
    const list = (await addresses(2)).join(',');
    const [zero, one] = await Promise.all([runRank(0, 2, list, 40, 2, 'waits'), runRank(1, 2, list, 40, 2, 'dies')]);
    expect(one).toEqual({ code: 3 });
    expect(zero).toHaveProperty('error', expect.stringMatching(/rank 0 needs an answer from all 2 ranks in Collective/));
  });
});

describe('joinCollective', () => {
  it('is the identity with one rank', async () => {
    await useBackend({ device: 'js' });
    const { rank, worldSize } = await joinCollective({ rank: 0, worldSize: 1, addresses: [] });
    expect([rank, worldSize]).toEqual([0, 1]);
    const x = tf.tensor2d([[1, 2]]);
    for (const y of [allReduce(x, 'sum'), allGather(x), reduceScatter(x)]) expect(Array.from(y.dataSync())).toEqual([1, 2]);
  });

  it.each([
    [{ rank: 2, worldSize: 2, addresses: ['a:1', 'b:1'] }, 'rank must be a whole number from 0 to worldSize - 1 = 1, got 2.'],
    [{ rank: 0, worldSize: 0, addresses: [] }, 'worldSize must be a whole number of at least 1, got 0.'],
    [{ rank: 0, worldSize: 2, addresses: ['a:1'] }, "addresses must hold one 'host:port' for each of the 2 ranks, got 1."],
    [{ rank: 0, worldSize: 2, addresses: ['a:1', 'b'] }, "addresses[1] must be 'host:port', got 'b'."],
    [{ rank: 0, worldSize: 2, addresses: ['a:1', 'a:1'] }, 'a:1 is given to ranks 0 and 1.'],
  ])('refuses %j', async (options, message) => {
    await expect(joinCollective(options)).rejects.toThrow(message);
  });

  it('needs libtensorflow', async () => {
    await useBackend({ device: 'js' });
    await expect(joinCollective({ rank: 0, worldSize: 2, addresses: ['a:1', 'b:1'] })).rejects.toThrow(
      "joinCollective needs libtensorflow, but the active backend is 'cpu'.",
    );
  });
});
