import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Neighbouring views of one size, which can go through a network as one batch: multi-crop runs the network once for each size.
 *
 * @example
 * groupBySize([global1, global2, local1, local2]); // [[global1, global2], [local1, local2]]
 */
export function groupBySize(views: readonly Tensor4D[]): Tensor4D[][] {
  const groups: Tensor4D[][] = [];
  for (const view of views) {
    const last = groups.at(-1);
    if (last?.[0]?.shape[1] === view.shape[1] && last[0].shape[2] === view.shape[2]) last.push(view);
    else groups.push([view]);
  }
  return groups;
}

/** The rows of each of `count` views that went through a network as one batch. tfjs cannot take the gradient of a split into one part. */
export function splitViews<T extends Tensor>(joined: T, count: number): T[] {
  return count === 1 ? [joined] : tf.split(joined, count);
}
