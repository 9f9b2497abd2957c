import { treeToMap } from '../tensor-tree/tree-map.js';
import type { TrainState } from './train-state.js';

/** So few images at a time say little about mean and variance. */
const fewImages = 4;

/**
 * What a user should know of batch norm before the run: with micro-batches it normalises each of them alone, the one thing in which
 * they are not one batch, and with very few images its statistics are chance.
 *
 * @returns Nothing where neither is so, or no network keeps running statistics.
 */
export function batchNormNote({ aux }: Pick<TrainState, 'aux'>, batchSize: number, accumulate: number): string | undefined {
  const normed = Object.keys(treeToMap(aux)).filter((path) => path.endsWith('.running_mean'));
  const images = batchSize / accumulate;
  if (normed.length === 0 || (accumulate === 1 && images > fewImages)) return undefined;
  const place = normed.some((path) => /(^|\.)backbone\./.test(path)) ? 'the network' : 'the heads';
  const what = accumulate === 1 ? `only ${images} images at a time` : `${images} images at a time instead of ${batchSize}`;
  const effect =
    accumulate === 1
      ? 'so its mean and variance are mostly chance. To change: a larger batch (option batchSize)'
      : 'since each micro-batch is normalised alone (option accumulate): the loss is not that of the whole batch. To change: activation checkpointing instead (option checkpoint of the network), fewer micro-batches';
  return `batch norm in ${place} sees ${what}, ${effect}, or layer or group norm (a Vision Transformer${place === 'the heads' ? ', heads without batch norm' : ''}).`;
}
