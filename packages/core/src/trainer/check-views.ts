import { SslError } from '../errors.js';
import type { SslMethod } from '../method/method.js';
import type { StepBatch } from './train-state.js';

/**
 * Compares what the views function made with what the method needs; shapes are the same in every step, so once is enough.
 *
 * @throws SslError naming the method, what it needs and what came.
 */
export function checkViews({ name, batch: spec }: SslMethod, { views, extras }: StepBatch, batchSize: number): void {
  const shapes = views.map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
  const fail = (needed: string, came: string, advice: string): never => {
    throw new SslError(`${name} needs ${needed}, got ${came}. ${advice}`, { from: name });
  };
  if (views.length !== spec.views) {
    fail(
      `${spec.views} views of each image`,
      `${views.length} (shapes ${shapes})`,
      `Use the views that the method's package exports, or change their number.`,
    );
  }
  for (const { shape } of views) {
    if (shape.length !== 4 || shape[0] !== batchSize) {
      fail(`views of shape [${batchSize}, height, width, channels]`, shapes, 'Return one row for each image of the batch.');
    }
  }
  for (const extra of spec.extras ?? []) {
    const tensor = extras[extra];
    if (tensor === undefined) {
      fail(`the extra input '${extra}'`, Object.keys(extras).join(', ') || 'none', 'Return it from the views function, in extras.');
    } else if (tensor.shape[0] !== batchSize) {
      fail(`'${extra}' with ${batchSize} rows`, `[${tensor.shape.join(', ')}]`, 'Return one row for each image of the batch.');
    }
  }
}
