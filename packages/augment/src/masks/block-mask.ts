import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { checkRange } from '../transform/check-range.js';
import { rankRows } from '../transform/ranks.js';

export interface BlockMaskOptions {
  /** Rows and columns of patches. */
  readonly grid: readonly [number, number];
  /** Hidden patches of each image: one number, or a whole number for each, float32 `[batch]`. */
  readonly count: number | Tensor1D;
  /** Fewest patches of a block: 16 in BEiT, 4 in DINOv2. */
  readonly minimumBlock?: number;
  /** Lowest and highest height over width of a block. */
  readonly aspect?: readonly [number, number];
  /** Blocks that are tried before the rest is filled up at random. */
  readonly attempts?: number;
}

/** BEiT's blocks. */
export const blockMaskDefaults = {
  minimumBlock: 16,
  aspect: [0.3, 1 / 0.3],
  attempts: 24,
} as const satisfies Partial<BlockMaskOptions>;

/**
 * Hides exactly `count` patches of each image in rectangular blocks: BEiT's block-wise masking.
 *
 * Block after block is drawn, of uniform area from `minimumBlock` to what is still to be hidden, log-uniform aspect and uniform
 * place, and taken when it hides something new and not too much. BEiT's own code stops with fewer patches than asked for when ten
 * blocks in a row do not fit; here the rest is filled up with patches at random, so that the count is exact.
 *
 * @returns 1 where a patch is hidden, float32 `[batch, rows, columns]`.
 * @throws SslError for an empty or reversed range.
 * @example
 * ```ts
 * const mask = drawBlockMask(8, key, { grid: [14, 14], count: 75 });
 * ```
 * Bao et al. 2021, arXiv:2106.08254, algorithm 1.
 */
export function drawBlockMask(batch: number, key: Tensor1D, options: BlockMaskOptions): Tensor3D {
  const { grid, count, minimumBlock, aspect, attempts } = { ...blockMaskDefaults, ...options };
  const [rows, columns] = grid;
  checkRange('drawBlockMask', 'aspect', aspect, [Number.MIN_VALUE, Infinity]);
  if (typeof count === 'number') checkRange('drawBlockMask', 'count', [0, count], [0, rows * columns]);
  return tf.tidy(() => {
    const target = typeof count === 'number' ? (tf.fill([batch], count) as Tensor1D) : count;
    const draws = tf.unstack(randomUniform<tf.Rank.R3>([attempts, 4, batch], foldIn(key, 'blocks')));
    const blocks = draws.reduce<Tensor3D>(
      (mask, draw) => addBlock(mask, target, tf.unstack(draw) as unknown as BlockDraw, { minimumBlock, aspect }),
      tf.zeros([batch, rows, columns]),
    );
    // Hidden patches first, then the others in random order.
    const noise = randomUniform<tf.Rank.R2>([batch, rows * columns], foldIn(key, 'rest'));
    const priority = tf.add<Tensor2D>(tf.reshape(blocks, [batch, rows * columns]), noise);
    const { rank } = rankRows(priority);
    const hidden = tf.less(rank, tf.cast(tf.reshape(target, [batch, 1]), 'int32'));
    return tf.reshape(tf.cast(hidden, 'float32'), [batch, rows, columns]);
  });
}

/** Uniform numbers for area, aspect, top and left of one block, each `[batch]`. */
type BlockDraw = readonly [Tensor1D, Tensor1D, Tensor1D, Tensor1D];

/** The mask with one more block, in the images where it fits. */
function addBlock(
  mask: Tensor3D,
  target: Tensor1D,
  [forArea, forAspect, forTop, forLeft]: BlockDraw,
  { minimumBlock, aspect }: { readonly minimumBlock: number; readonly aspect: readonly [number, number] },
): Tensor3D {
  const [, rows, columns] = mask.shape;
  const remaining = tf.sub(target, tf.sum(mask, [1, 2]));
  const area = tf.add(minimumBlock, tf.mul(forArea, tf.sub(remaining, minimumBlock)));
  const logs = [Math.log(aspect[0]), Math.log(aspect[1])] as const;
  const shape = tf.exp(tf.add(tf.mul(forAspect, logs[1] - logs[0]), logs[0]));
  const height = tf.round(tf.sqrt(tf.mul(area, shape)));
  const width = tf.round(tf.sqrt(tf.div(area, shape)));
  const inside = (uniform: Tensor1D, length: Tensor, side: number): Tensor => {
    const first = tf.reshape(tf.floor(tf.mul(uniform, tf.add(tf.sub(side, length), 1))), [-1, 1]);
    const place = tf.range(0, side);
    const end = tf.add(first, tf.reshape(length, [-1, 1]));
    return tf.cast(tf.logicalAnd(tf.greaterEqual(place, first), tf.less(place, end)), 'float32');
  };
  const block = tf.matMul<Tensor3D>(
    tf.expandDims(inside(forTop, height, rows), 2),
    tf.expandDims(inside(forLeft, width, columns), 1),
  );
  const added = tf.mul(block, tf.sub(1, mask));
  const news = tf.sum(added, [1, 2]);
  const fits = tf.logicalAnd(tf.less(height, rows), tf.less(width, columns));
  const taken = tf.logicalAnd(tf.logicalAnd(fits, tf.greater(news, 0)), tf.lessEqual(news, remaining));
  return tf.add(mask, tf.mul(added, tf.reshape(tf.cast(taken, 'float32'), [-1, 1, 1])));
}
