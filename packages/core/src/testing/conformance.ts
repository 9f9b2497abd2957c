import type { Views } from '../batch.js';
import type { SslMethod } from '../method/method.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { adamw } from '../optimizers/adamw.js';
import { contractChecks } from './contract-checks.js';
import { accumulationChecks } from './accumulation-checks.js';
import { toyLoader } from './toy-loader.js';
import { toyViews } from './toy-views.js';
import { trainingChecks } from './training-checks.js';

export interface ConformanceOptions {
  /** Registers a test: Vitest's or Jest's `test`, or `node:test`'s. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Makes the method, small: a few thousand parameters are enough. Called once for each check. */
  readonly method: () => SslMethod;
  /** Views, with the extras that the method declares. Default: the image with a little noise, as often as the method asks. */
  readonly views?: Views;
  readonly imageSize?: number;
  readonly channels?: number;
  /** Must divide by `microBatches`. */
  readonly batchSize?: number;
  readonly microBatches?: number;
  /** How the toy set is learned. */
  readonly optimizer?: () => Optimizer;
  readonly learningRate?: number;
  readonly steps?: number;
  /** Batches of the toy set. Default 1; a method with a queue needs more images than the queue holds. */
  readonly toyBatches?: number;
  /** What shows that something is learned, and which way it goes. Default: the loss falls. */
  readonly progress?: { readonly metric: string; readonly direction: 'falls' | 'rises' };
  /** Largest relative difference of loss and gradients between one batch and its micro-batches. */
  readonly tolerance?: number;
  /** Checks that do not apply, with the reason; write it in the method's documentation too. */
  readonly except?: Partial<Readonly<Record<CheckName, string>>>;
}

/** Defaults of {@link conformance}. */
export const conformanceDefaults = {
  imageSize: 16,
  channels: 3,
  batchSize: 8,
  microBatches: 4,
  optimizer: adamw as () => Optimizer,
  learningRate: 3e-3,
  steps: 40,
  toyBatches: 1,
  progress: { metric: 'loss', direction: 'falls' },
  tolerance: 1e-4,
} as const satisfies Partial<ConformanceOptions>;

/** What a check works with. */
export interface ConformanceContext extends Required<Omit<ConformanceOptions, 'test' | 'method' | 'except'>> {
  readonly method: SslMethod;
  readonly loader: ReturnType<typeof toyLoader>;
}

export const checkNames = [
  'loss and metrics are finite',
  'every trained parameter has a gradient',
  'aux keeps its structure',
  'the same seed gives the same numbers',
  'a wrong number of views is explained',
  'networks do not mix samples',
  'embeddings are rows of finite numbers, image by image',
  'the number of tensors stays flat',
  'a run goes on from its checkpoint as if it had never stopped',
  'something is learned on a toy set',
  'embeddings keep their spread',
  'micro-batches give the loss and the gradients of the whole batch',
] as const;

export type CheckName = (typeof checkNames)[number];
export type Check = (context: ConformanceContext) => Promise<void>;

/**
 * Registers the tests that every method must pass. They use no assertion library and run on the engine that is registered, so
 * call `useBackend` before (in `beforeAll`).
 *
 * @example
 * describe('simclr', () => conformance({ test, method: () => simclr({ backbone: smallConvNet({ widths: [8], strides: [2] }) }) }));
 */
export function conformance({ test, method, except = {}, ...options }: ConformanceOptions): void {
  const checks: Readonly<Record<CheckName, Check>> = { ...contractChecks, ...trainingChecks, ...accumulationChecks };
  for (const name of checkNames) {
    if (except[name] !== undefined) continue;
    test(name, async () => {
      const made = method();
      const settings = { ...conformanceDefaults, views: toyViews(made.batch.views), ...options };
      const { batchSize, imageSize: size, channels } = settings;
      const loader = toyLoader({ batchSize, size, channels, batchesPerEpoch: 4 });
      await checks[name]({ ...settings, method: made, loader });
    });
  }
}
