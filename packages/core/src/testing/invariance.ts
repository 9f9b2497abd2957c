import type { Views } from '../batch.js';
import type { SslMethod } from '../method/method.js';
import { sgd } from '../optimizers/sgd.js';
import { train } from '../trainer/train.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { numbersOf } from './conformance-run.js';
import { toyLoader } from './toy-loader.js';
import { toyViews } from './toy-views.js';

export interface InvarianceOptions {
  readonly method: SslMethod;
  /** Default: the image with a little noise, as often as the method asks. */
  readonly views?: Views;
  readonly imageSize?: number;
  readonly channels?: number;
  readonly batchSize?: number;
  /** Must divide the batch size. */
  readonly microBatches?: number;
  /**
   * True leaves batch norm as it is in training: its statistics are then those of a micro-batch, the one thing that accumulation changes
   * by design. False takes its running statistics, so that only the method's own arithmetic is compared.
   */
  readonly batchStatistics?: boolean;
}

/** Defaults of {@link invariance}. */
export const invarianceDefaults = { imageSize: 16, channels: 3, batchSize: 32, microBatches: 4, batchStatistics: false } as const;

/** How far the micro-batches are from the whole batch. */
export interface Invariance {
  /** `|loss - loss of the whole batch| / |loss of the whole batch|`. */
  readonly loss: number;
  /** `||gradient - gradient of the whole batch|| / ||gradient of the whole batch||`, over all parameters. */
  readonly gradient: number;
}

/**
 * Compares one batch with the same images in accumulated micro-batches: loss and gradient should be equal, for methods that contrast
 * within the batch through gradient caching. The gradient is read from one step of plain SGD at rate 1, as the trainer takes it.
 *
 * @example
 * await invariance({ method: simclr({ backbone }) }); // { loss: 1e-7, gradient: 1e-6 }
 */
export async function invariance(options: InvarianceOptions): Promise<Invariance> {
  const { method, views, imageSize: size, channels, batchSize, microBatches, batchStatistics } = { ...invarianceDefaults, ...options };
  const compared = plainMethod(method, batchStatistics);
  const run = async (accumulate: number) => {
    let loss = Number.NaN;
    const result = await train({
      method: compared,
      views: views ?? toyViews(method.batch.views),
      loader: toyLoader({ batchSize, size, channels }),
      optimizer: sgd({ momentum: 0 }),
      learningRate: 1,
      accumulate,
      steps: 1,
      monitorEvery: 0,
      hooks: [{ name: 'loss', onStep: (event) => void (loss = event.loss) }],
    });
    const params = await numbersOf(result.params);
    result.dispose();
    return { loss, params };
  };
  const [whole, parts] = [await run(1), await run(microBatches)];
  const start = method.init(0);
  const before = await numbersOf(start.params);
  disposeTree([start.params, start.aux]);
  let [difference, norm] = [0, 0];
  for (const [path, values] of Object.entries(before)) {
    values.forEach((value, index) => {
      const [one, other] = [whole.params[path]![index]!, parts.params[path]![index]!];
      difference += (one - other) ** 2;
      norm += (one - value) ** 2;
    });
  }
  return { loss: Math.abs(parts.loss - whole.loss) / Math.abs(whole.loss), gradient: Math.sqrt(difference / norm) };
}

/** Without what would hide the gradient: constraints, and groups of parameters with rates of their own. */
function plainMethod(method: SslMethod, batchStatistics: boolean): SslMethod {
  const unconstrained = Object.entries(method).filter(([name]) => name !== 'constrain');
  return {
    ...(Object.fromEntries(unconstrained) as unknown as SslMethod),
    groups: [],
    forward: (input) => method.forward({ ...input, training: batchStatistics }),
  };
}
