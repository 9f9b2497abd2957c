import type { Views } from '../batch.js';
import type { SslMethod } from '../method/method.js';
import { adamw } from '../optimizers/adamw.js';
import { train } from '../trainer/train.js';
import type { TrainWarning } from '../trainer/train-hook.js';
import { toyLoader } from './toy-loader.js';
import { toyViews } from './toy-views.js';

export interface WatchToyRunOptions {
  /** Small: a few thousand parameters are enough. */
  readonly method: SslMethod;
  /** Default: the image with a little noise, as often as the method asks. */
  readonly views?: Views;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  /** Ends the run when the monitor has made this diagnosis: the steps that are left would tell no more. */
  readonly until?: string;
}

/** Defaults of {@link watchToyRun}. */
export const watchToyRunDefaults = { steps: 300, learningRate: 3e-3, seed: 1 } as const;

/**
 * Trains a method on toy images under the collapse monitor and gives what it reported: nothing for a healthy method, the named
 * diagnosis for one that was made to fail.
 *
 * @example
 * const warnings = await watchToyRun({ method: simsiam({ backbone, stopGradient: false }), until: 'constant-embedding' });
 * warnings.map(({ diagnosis }) => diagnosis); // ['constant-embedding']
 */
export async function watchToyRun(options: WatchToyRunOptions): Promise<readonly TrainWarning[]> {
  const { method, views, steps, learningRate, seed, until } = { ...watchToyRunDefaults, ...options };
  const diagnosed = new AbortController();
  const result = await train({
    method,
    views: views ?? toyViews(method.batch.views),
    loader: toyLoader({ batchSize: 32, size: 16, batchesPerEpoch: 8 }),
    optimizer: adamw(),
    learningRate,
    steps,
    seed,
    monitorEvery: 25,
    signal: diagnosed.signal,
    hooks: [
      {
        name: 'diagnosis',
        onWarning: ({ diagnosis }) => {
          if (until !== undefined && diagnosis === until) diagnosed.abort();
        },
      },
    ],
  });
  result.dispose();
  return result.warnings;
}
