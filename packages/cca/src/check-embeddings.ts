import { SslError } from '@ssl/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

/** Two views' embeddings: same shape, at least two samples (a variance over one sample is 0). */
export function checkEmbeddings(loss: string, first: Tensor2D, second: Tensor2D): void {
  const shapes = `[${first.shape.join(', ')}] and [${second.shape.join(', ')}]`;
  if ((first.rank as number) !== 2 || first.shape[0] !== second.shape[0] || first.shape[1] !== second.shape[1]) {
    throw new SslError(
      `${loss} needs the embeddings of two views, both [batch, dimension] of the same shape, got ${shapes}. Row i of both must come from image i.`,
      { from: '@ssl/cca' },
    );
  }
  if (first.shape[0] < 2) {
    throw new SslError(`${loss} compares samples of a batch and needs at least 2, got ${shapes}. Use a larger batch.`, {
      from: '@ssl/cca',
    });
  }
}
