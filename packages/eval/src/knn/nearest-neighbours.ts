import { SslError, withPrecision } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { columnMeans, unitRows } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';
import { belowEveryCosine, exclusionKeys, type Exclusion } from './exclusion.js';
import { noNeighbours, type Neighbours } from './neighbours.js';
import { groupSize, selectNearest, type BlockOfRows, type Search } from './select-nearest.js';

/** Features that may say which rows belong together. */
export interface GroupedFeatures extends Features {
  /** Group of each row, `[count]`; a negative number means that the row is in no group. */
  readonly groups?: Int32Array;
}

export interface NearestNeighboursOptions {
  /** Neighbours of each query, from 1. */
  readonly k: number;
  /** Whose neighbours are looked for. Left out: every row of the bank, which is then never its own neighbour. */
  readonly queries?: GroupedFeatures;
  /** Subtract the bank's mean before the cosine. */
  readonly centre?: boolean;
  /** A row of the query's group is not a neighbour. Where there are no groups it has no effect. */
  readonly excludeSameGroup?: boolean;
  /** Queries of one matrix product. */
  readonly queryBlock?: number;
  /**
   * Rows of the bank in one matrix product; `queryBlock * bankBlock` similarities are in memory at once. Without `queries` the
   * blocks are squares of that size.
   */
  readonly bankBlock?: number;
}

export const nearestNeighboursDefaults = {
  centre: false,
  excludeSameGroup: true,
  queryBlock: 1024,
  bankBlock: 8192,
} as const satisfies Partial<NearestNeighboursOptions>;

/**
 * The k nearest rows by cosine: exact, by matrix products in blocks on the active engine.
 *
 * `s(q, b) = <q, b> / (||q|| ||b||)`. Rows of the query's group are passed over however many they are: the search goes
 * deeper until k others are found or the bank is exhausted.
 *
 * @param bank Rows to search, `[count, dimension]`.
 * @returns Indices and similarities, `[queries, k]`.
 * @throws SslError for rows that are not finite or have no direction (named), differing dimensions, k below 1.
 * @example
 * const bank = { values: Float32Array.of(1, 0, 0.9, 0.1, 0, 1), count: 3, dimension: 2 };
 * (await nearestNeighbours(bank, { k: 1 })).indices; // Int32Array [1, 0, 1]
 */
export async function nearestNeighbours(bank: GroupedFeatures, options: NearestNeighboursOptions): Promise<Neighbours> {
  const { k, queries, centre, excludeSameGroup, queryBlock, bankBlock } = { ...nearestNeighboursDefaults, ...options };
  checkOptions(bank, options);
  const means = centre ? columnMeans(bank) : undefined;
  const bankRows = unitRows(bank, means, 'bank features');
  const queryRows = queries === undefined ? bankRows : unitRows(queries, means, 'query features');
  const exclusion = exclusionKeys(bank, queries, excludeSameGroup);

  const search: Search = { best: noNeighbours(queryRows.count, k), exclusion };
  const side = groupSize * Math.ceil(Math.sqrt(queryBlock * bankBlock) / groupSize);
  await searchBlocks(queryRows, bankRows, queries === undefined ? { queryBlock: side, bankBlock: side } : { queryBlock, bankBlock }, search);
  return search.best;
}

/** Consecutive rows on the engine. */
interface RowBlock extends BlockOfRows {
  /** `[count, dimension]`, and the last row again until the groups are whole. */
  readonly tensor: tf.Tensor2D;
}

/**
 * Each query meets the blocks of the bank in their order. A bank that is searched for itself does with half of the products:
 * the similarities of block a with an earlier block b are those of b with a transposed.
 */
async function searchBlocks(queries: Features, bank: Features, { queryBlock, bankBlock }: { queryBlock: number; bankBlock: number }, search: Search): Promise<void> {
  const itself = queries === bank;
  for (let bankStart = 0; bankStart < bank.count; bankStart += bankBlock) {
    const rows = rowsFrom(bank, bankStart, bankBlock);
    try {
      if (itself) await searchPair(rows, rows, false, search);
      for (let queryStart = itself ? bankStart + bankBlock : 0; queryStart < queries.count; queryStart += queryBlock) {
        const block = rowsFrom(queries, queryStart, queryBlock);
        try {
          await searchPair(block, rows, itself, search);
        } finally {
          block.tensor.dispose();
        }
      }
    } finally {
      rows.tensor.dispose();
    }
  }
}

/** The nearest rows of `bank` for `queries`; if `both`, also the other way round. */
async function searchPair(queries: RowBlock, bank: RowBlock, both: boolean, search: Search): Promise<void> {
  const similarities = tf.tidy<tf.Tensor2D>(() => similaritiesOf(queries, bank, search.exclusion));
  try {
    await selectNearest({ similarities, transposed: false, queries, bank }, search);
    if (both) await selectNearest({ similarities, transposed: true, queries: bank, bank: queries }, search);
  } finally {
    similarities.dispose();
  }
}

/** Cosines of unit rows, `[queries, bank]`, masked where the exclusion says so. */
function similaritiesOf(queries: RowBlock, bank: RowBlock, exclusion: Exclusion): tf.Tensor2D {
  // A neighbour is decided in the fourth digit: never in bfloat16.
  const similarities = withPrecision('float32', () => tf.matMul<tf.Tensor2D>(queries.tensor, bank.tensor, false, true));
  if (exclusion.kind !== 'mask') return similarities;
  const [queryKeys, bankKeys] = [keysOf(exclusion.queryKeys, queries), keysOf(exclusion.bankKeys, bank)];
  const same = tf.equal(tf.expandDims(queryKeys, 1), tf.expandDims(bankKeys, 0));
  return tf.where<tf.Tensor2D>(same, tf.scalar(belowEveryCosine) as unknown as tf.Tensor2D, similarities);
}

function rowsFrom({ values, count, dimension }: Features, start: number, most: number): RowBlock {
  const end = Math.min(count, start + most);
  const rows = values.subarray(start * dimension, end * dimension);
  return { tensor: tf.tidy(() => wholeGroups<tf.Tensor2D>(tf.tensor2d(rows, [end - start, dimension]))), start, count: end - start };
}

function keysOf(keys: Int32Array, { start, count }: RowBlock): tf.Tensor1D {
  return wholeGroups<tf.Tensor1D>(tf.tensor1d(keys.subarray(start, start + count), 'int32'));
}

/** Repeats the last row until the groups are whole: no group's maximum is then that of anything but a row. */
function wholeGroups<T extends tf.Tensor>(rows: T): T {
  const count = rows.shape[0]!;
  if (count % groupSize === 0) return rows;
  const places = Int32Array.from({ length: groupSize * Math.ceil(count / groupSize) }, (_, row) => Math.min(row, count - 1));
  return tf.gather(rows, tf.tensor1d(places, 'int32'));
}

function checkOptions(bank: GroupedFeatures, { k, queries }: NearestNeighboursOptions): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new SslError(`nearest neighbours need k of at least 1, got ${String(k)}. Give a whole number, 20 for instance.`, { from: '@ssl/eval' });
  }
  if (queries !== undefined && queries.dimension !== bank.dimension) {
    throw new SslError(
      `queries and bank need features of one network, got dimensions ${String(queries.dimension)} and ${String(bank.dimension)}. Embed both with the same one.`,
      { from: '@ssl/eval' },
    );
  }
}
