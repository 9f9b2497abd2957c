import { smallConvNet } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import type { SslConfig } from '../config/config-schema.js';
import { compilerOfRun, leastStepSeconds } from './compiler-of-run.js';

const facts = { size: 50_000, channels: 3, side: 32 };
const compilerFor = (config: SslConfig) => compilerOfRun(config, facts, { threads: 2, transformer: false });

describe('compilerOfRun', () => {
  it('keeps the graph for what is not known to gain', async () => {
    expect(await compilerFor({})).toMatchObject({ compiler: 'graph' });
    expect(await compilerFor({ network: smallConvNet(), precision: 'bfloat16' })).toMatchObject({ compiler: 'graph', reason: expect.stringContaining('convolutions') as string });
    expect(await compilerFor({ network: 'vit-tiny', epochs: 1000 })).toMatchObject({ compiler: 'graph', reason: expect.stringContaining('float32') as string });
    expect(await compilerFor({ network: 'vit-tiny', precision: 'bfloat16', device: 'js', epochs: 1000 })).toMatchObject({ compiler: 'graph', reason: expect.stringContaining("'js'") as string });
  });

  it('goes by the length of the run', async () => {
    const run = { network: 'vit-tiny', precision: 'bfloat16', device: 'cpu', batchSize: 128 } as const;
    // Machines of less than 8 GB never take it.
    const { reason: short } = await compilerFor({ ...run, epochs: 1 });
    const { reason: long } = await compilerFor({ ...run, epochs: 1000 });
    expect(short).toMatch(/too short|memory/);
    expect(long).toMatch(/minutes or more|memory/);
  });

  it('does what is asked for', async () => {
    expect(await compilerFor({ compiler: 'xla' })).toEqual({ compiler: 'xla', reason: 'asked for' });
  });
});

describe('leastStepSeconds', () => {
  const settings = { network: 'vit-tiny', width: 1, stem: 'cifar', channels: 3, imageSize: 32, batchSize: 64 } as const;

  it('is below what a ViT-Ti with 65 tokens was measured at: 1.25 s for 128 views on one thread', () => {
    expect(leastStepSeconds(settings, 1)).toBeLessThan(1.25);
    expect(leastStepSeconds(settings, 1)).toBeGreaterThan(0.2);
  });

  it('grows with the batch and falls with the threads', () => {
    expect(leastStepSeconds({ ...settings, batchSize: 128 }, 2)).toBeCloseTo(leastStepSeconds(settings, 1));
  });
});
