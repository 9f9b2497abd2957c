import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { StepEvent, TrainHook } from '@ssl/core';

/** One logged step. */
export interface MetricsRow {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly imagesPerSecond: number;
  /** Seconds of training up to here, over all resumes. */
  readonly elapsed: number;
  readonly spread?: number;
  readonly effectiveRank?: number;
  readonly skipped?: true;
  /** The method's own. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Rows that a run keeps at most, whatever its length. */
const rows = 20_000;

/**
 * Writes `metrics.jsonl`. A resumed run drops the rows after its checkpoint, so that every step is there once.
 * A disk that is full costs rows, never the run.
 */
export function metricsLog(path: string, onProblem: (message: string) => void): TrainHook {
  let every = 1;
  let elapsed = 0;
  let told = false;
  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!told) onProblem(`The metrics could not be written (${(error as Error).message}); training goes on without them.`);
      told = true;
    }
  };
  return {
    name: 'metrics log',
    onStart(run) {
      every = Math.max(1, Math.ceil(run.totalSteps / rows));
      guarded(() => {
        const kept = readMetrics(path).filter(({ step }) => step <= run.firstStep);
        elapsed = kept.at(-1)?.elapsed ?? 0;
        writeFileSync(path, kept.map((row) => `${JSON.stringify(row)}\n`).join(''));
      });
    },
    onStep(event) {
      elapsed += event.seconds;
      if (event.step % every !== 0 && event.embedding === undefined && !event.skipped && event.step !== event.totalSteps) return;
      guarded(() => {
        appendFileSync(path, `${JSON.stringify(rowOf(event, elapsed))}\n`);
      });
    },
  };
}

/** Rows of a `metrics.jsonl`; a line that was cut short is left out. */
export function readMetrics(path: string): MetricsRow[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as MetricsRow];
      } catch {
        return [];
      }
    });
}

function rowOf(event: StepEvent, elapsed: number): MetricsRow {
  return {
    step: event.step,
    loss: event.loss,
    learningRate: event.learningRate,
    gradientNorm: event.gradientNorm,
    imagesPerSecond: Math.round(event.imagesPerSecond),
    elapsed: Math.round(elapsed * 1000) / 1000,
    ...(event.embedding === undefined ? {} : { spread: event.embedding.spread, effectiveRank: event.embedding.effectiveRank }),
    ...(event.skipped ? { skipped: true } : {}),
    metrics: event.metrics,
  };
}
