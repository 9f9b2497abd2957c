import type { BatchLoader, HostBatch } from '../batch.js';
import { SslError } from '../errors.js';

/** Every batch must be of the loader's size: losses over a batch, and micro-batches, depend on it. */
export function checkBatch({ shape }: HostBatch, { batchSize }: BatchLoader): void {
  if (shape[0] === batchSize) return;
  throw new SslError(
    `training needs batches of ${batchSize} images, as the loader's batchSize says, got shape [${shape.join(', ')}]. Leave out the last batch of an epoch when it is smaller.`,
    { from: '@ssl/core' },
  );
}

/** A loader must go on with the next epoch by itself. */
export function loaderEnded(step: number, totalSteps: number): SslError {
  return new SslError(
    `training needs ${totalSteps} batches, and the loader ended after the one of step ${step}. Its batches() must go on with the next epoch without end.`,
    { from: '@ssl/core' },
  );
}
