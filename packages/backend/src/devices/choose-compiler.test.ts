import { describe, expect, it } from 'vitest';
import { chooseCompiler, type CompilerRun } from './choose-compiler.js';

const long: CompilerRun = { device: 'cpu', architecture: 'transformer', precision: 'bfloat16', steps: 10_000, secondsPerStep: 1, memory: 16e9 };

describe('chooseCompiler', () => {
  it("takes XLA with 'auto' for a long run of a transformer in bfloat16", () => {
    expect(chooseCompiler('auto', long)).toMatchObject({ compiler: 'xla', reason: expect.stringContaining('167 minutes') as string });
  });

  it.each<[string, Partial<CompilerRun>, RegExp]>([
    ['a GPU', { device: 'cuda' }, /processors only/],
    ['an engine without a compiler', { device: 'js' }, /'js'/],
    ['convolutions', { architecture: 'convolutional' }, /convolutions/],
    ['float32', { precision: 'float32' }, /float32/],
    ['little memory', { memory: 4e9 }, /memory/],
    ['a short run', { steps: 500 }, /too short/],
    ['a run of unknown length', { secondsPerStep: Number.NaN }, /too short/],
  ])("takes the graph with 'auto' for %s", (_, change, reason) => {
    expect(chooseCompiler('auto', { ...long, ...change })).toEqual({ compiler: 'graph', reason: expect.stringMatching(reason) as string });
  });

  it('compiles where the saving repays the compilation twice, no earlier', () => {
    const seconds = 40 / 0.07;
    expect(chooseCompiler('auto', { ...long, steps: Math.ceil(seconds) }).compiler).toBe('xla');
    expect(chooseCompiler('auto', { ...long, steps: Math.floor(seconds) }).compiler).toBe('graph');
  });

  it('does what is asked for', () => {
    expect(chooseCompiler('graph', long)).toEqual({ compiler: 'graph', reason: 'asked for' });
    expect(chooseCompiler('xla', { ...long, steps: 1, architecture: 'convolutional' }).compiler).toBe('xla');
  });
});
