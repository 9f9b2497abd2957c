import { onRecompilation, type Recompilation } from '../recompilations.js';
import type { TrainWarning } from './train-hook.js';

/** Collects what was compiled again during a run: one warning for each function. */
export class RecompilationWatch {
  private readonly reported = new Set<string>();
  private pending: Recompilation[] = [];
  private readonly end = onRecompilation((recompilation) => {
    if (this.reported.has(recompilation.name)) return;
    this.reported.add(recompilation.name);
    this.pending.push(recompilation);
  });

  /** Forgets what was compiled so far: in its first step a function may meet several forms that come back in every step. */
  start(): void {
    this.pending = [];
    this.reported.clear();
  }

  /** The warnings since the last call. */
  take(step: number): TrainWarning[] {
    const taken = this.pending;
    this.pending = [];
    return taken.map(({ name, reason }) => ({
      kind: 'recompiled',
      step,
      message: `'${name}' was compiled again in step ${step}: ${reason}. Each new form costs a compilation; views of fixed sizes and batches of one size avoid it. Later ones of this function are not reported.`,
    }));
  }

  stop(): void {
    this.end();
  }
}
