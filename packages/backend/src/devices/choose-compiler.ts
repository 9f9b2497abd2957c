import type { Precision } from '@ssl/core';
import type { ConcreteDevice } from './device.js';

/** What turns the graph of a compiled function into machine code: TensorFlow's own kernels, or XLA for its elementwise parts. */
export type Compiler = 'graph' | 'xla';

/** What a run is, as far as the choice of its compiler goes. */
export interface CompilerRun {
  readonly device: ConcreteDevice;
  readonly architecture: 'transformer' | 'convolutional';
  readonly precision: Precision;
  readonly steps: number;
  /** Of one step without XLA; rather too few than too many. */
  readonly secondsPerStep: number;
  /** Of the machine, in bytes. */
  readonly memory: number;
}

/** Measured with a ViT-Ti in bfloat16 on two cores: 7 % at least (30 % at most), 12 to 20 s of compilation, 1.3 times the memory. */
export const compilerCosts = { saving: 0.07, compileSeconds: 20, repaid: 2, leastMemory: 8e9 } as const;

/**
 * Graph or XLA. 'auto' takes XLA where it is known to be quicker (transformers in bfloat16 on a processor, with memory to
 * spare) and the run so long that what it saves repays its compilation twice: `steps * secondsPerStep * 0.07 >= 2 * 20 s`.
 * The choice depends on the whole run, never on what is left of it, so that a resumed run goes on with the same one.
 *
 * @returns The compiler, and why.
 * @example
 * chooseCompiler('auto', { device: 'cpu', architecture: 'transformer', precision: 'bfloat16', steps: 5000, secondsPerStep: 0.5, memory: 16e9 }).compiler; // 'xla'
 */
export function chooseCompiler(wanted: Compiler | 'auto', run: CompilerRun): { compiler: Compiler; reason: string } {
  if (wanted !== 'auto') return { compiler: wanted, reason: 'asked for' };
  const { saving, compileSeconds, repaid, leastMemory } = compilerCosts;
  const seconds = run.steps * run.secondsPerStep;
  const against =
    run.device !== 'cpu'
      ? `XLA was measured on processors only, not on '${run.device}'`
      : run.architecture !== 'transformer'
        ? 'XLA gains nothing where convolutions take the time'
        : run.precision !== 'bfloat16'
          ? 'XLA gains nothing where float32 matrix products take the time'
          : run.memory < leastMemory
            ? 'XLA takes 1.3 times the memory'
            : !(seconds * saving >= repaid * compileSeconds)
              ? 'the run is too short to repay 20 s of compilation'
              : undefined;
  if (against !== undefined) return { compiler: 'graph', reason: against };
  return { compiler: 'xla', reason: `a transformer in bfloat16 and ${String(Math.round(seconds / 60))} minutes or more: XLA saves at least ${String(saving * 100)} % and compiles for 20 s` };
}
