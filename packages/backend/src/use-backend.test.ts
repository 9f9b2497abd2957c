import * as tf from '@tensorflow/tfjs-core';
import { compile, currentEngine } from '@ssl/core';
import { afterEach, describe, expect, it } from 'vitest';
import { describeBackend, inspectBackends, useBackend } from './use-backend.js';

afterEach(() => {
  delete process.env.SSL_BACKEND;
  delete process.env.SSL_THREADS;
});

describe('useBackend', () => {
  it.each(['js', 'wasm'] as const)('runs on %s and registers the engine', async (device) => {
    const backend = await useBackend({ device });
    expect(backend.device).toBe(device);
    expect(tf.getBackend()).toBe(backend.tfjsBackend);
    expect(currentEngine().name).toBe(device);
    const square = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x), same: x }));
    const x = tf.tensor1d([1, 2, 3]);
    const { y, same } = await square({ x });
    x.dispose();
    expect(Array.from(await y.data())).toEqual([1, 4, 9]);
    expect(Array.from(await same.data())).toEqual([1, 2, 3]);
    expect(describeBackend()).toBe(backend);
  });

  it('reports every candidate with a reason', async () => {
    const { candidates } = await useBackend({ device: 'js' });
    expect(candidates.map(({ device }) => device)).toEqual(['cuda', 'cpu', 'webgpu', 'wasm', 'js']);
    for (const { reason } of candidates) expect(reason).not.toBe('');
    expect(candidates.at(-1)).toMatchObject({ outcome: 'taken', reason: 'asked for' });
    expect(candidates.at(-2)).toMatchObject({ outcome: 'available', reason: "not asked for: the device is set to 'js'" });
  });

  it('takes the device from SSL_BACKEND unless an option says otherwise', async () => {
    process.env.SSL_BACKEND = 'js';
    expect((await useBackend()).device).toBe('js');
    expect((await useBackend({ device: 'wasm' })).device).toBe('wasm');
  });

  it('names the source of a wrong setting and suggests a right one', async () => {
    process.env.SSL_BACKEND = 'gpu';
    await expect(useBackend()).rejects.toThrow("SSL_BACKEND must be one of 'auto', 'cuda', 'cpu', 'webgpu', 'wasm', 'js', got 'gpu'. Did you mean 'cuda'?");
    process.env.SSL_BACKEND = 'js';
    process.env.SSL_THREADS = 'many';
    await expect(useBackend()).rejects.toThrow('SSL_THREADS must be a whole number from 1 to 1024, got many.');
  });

  it('says which settings have no effect', async () => {
    const { notes, precision } = await useBackend({ device: 'wasm', precision: 'bfloat16', threads: 2, xla: true });
    expect(precision).toBe('float32');
    expect(notes).toEqual([
      'tfjs runs WebAssembly on one thread under Node',
      'WebAssembly computes in float32; bfloat16 was ignored',
      "'wasm' runs operation by operation; xla was ignored",
    ]);
  });
});

describe('inspectBackends', () => {
  it('looks at every candidate without loading one', async () => {
    const reports = await inspectBackends();
    expect(reports).toHaveLength(5);
    expect(reports.find(({ device }) => device === 'js')?.outcome).toBe('available');
  });
});
