import { SslError, withPrecision } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { columnMeans, unitRows } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';
import { exclusionKeys, type Exclusion } from './exclusion.js';
import { belowEveryCosine, mergeCandidates, noNeighbours, type Neighbours } from './neighbours.js';

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
   * blocks are squares of that size, held with their transposes.
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

  const best = noNeighbours(queryRows.count, k);
  const search: Search = { best, k, exclusion };
  if (queries === undefined) await searchItself(bankRows, groupSize * Math.ceil(Math.sqrt(queryBlock * bankBlock) / groupSize), search);
  else await searchBank(queryRows, bankRows, { queryBlock, bankBlock }, search);
  return best;
}

interface Search {
  readonly best: Neighbours;
  readonly k: number;
  readonly exclusion: Exclusion;
}

async function searchBank(queries: Features, bank: Features, { queryBlock, bankBlock }: { queryBlock: number; bankBlock: number }, search: Search): Promise<void> {
  for (let bankStart = 0; bankStart < bank.count; bankStart += bankBlock) {
    const block = rowsTensor(bank, bankStart, bankBlock);
    try {
      for (let queryStart = 0; queryStart < queries.count; queryStart += queryBlock) {
        await merge(tf.tidy(() => bestOf(similaritiesOf(rowsTensor(queries, queryStart, queryBlock), block), queryStart, bankStart, search)), queryStart, bankStart, search);
      }
    } finally {
      block.dispose();
    }
  }
}

/**
 * Every row of the bank against all: the similarities of block a with block b are those of b with a transposed, so that half
 * of the products do. Each query meets the blocks of the bank in their order: first those before its own, as `b`.
 */
async function searchItself(bank: Features, side: number, search: Search): Promise<void> {
  for (let first = 0; first < bank.count; first += side) {
    const block = rowsTensor(bank, first, side);
    try {
      for (let second = first; second < bank.count; second += side) {
        const [forward, backward] = tf.tidy(() => {
          const similarities = similaritiesOf(block, second === first ? block : rowsTensor(bank, second, side));
          return [
            bestOf(similarities, first, second, search),
            ...(second === first ? [] : [bestOf(tf.transpose(similarities), second, first, search)]),
          ] as const;
        });
        await merge(forward, first, second, search);
        if (backward !== undefined) await merge(backward, second, first, search);
      }
    } finally {
      block.dispose();
    }
  }
}

type BestRows = { readonly values: tf.Tensor2D; readonly indices: tf.Tensor2D };

/** Cosines of unit rows, `[queries, bank]`. A neighbour is decided in the fourth digit: never in bfloat16. */
function similaritiesOf(queries: tf.Tensor2D, bank: tf.Tensor2D): tf.Tensor2D {
  return withPrecision('float32', () => tf.matMul(queries, bank, false, true));
}

/** The best rows of one bank block for one query block; excluded ones are masked, or fetched on top to be dropped later. */
function bestOf(similarities: tf.Tensor2D, queryStart: number, bankStart: number, { k, exclusion }: Search): BestRows {
  const [queries, rows] = similarities.shape;
  let allowed = similarities;
  if (exclusion.kind === 'mask') {
    const queryKeys = tf.tensor1d(exclusion.queryKeys.slice(queryStart, queryStart + queries), 'int32');
    const bankKeys = tf.tensor1d(exclusion.bankKeys.slice(bankStart, bankStart + rows), 'int32');
    const same = tf.equal(tf.expandDims(queryKeys, 1), tf.expandDims(bankKeys, 0));
    allowed = tf.where<tf.Tensor2D>(same, tf.scalar(belowEveryCosine) as unknown as tf.Tensor2D, similarities);
  }
  return largest(allowed, Math.min(rows, k + exclusion.extra));
}

/** Neighbouring columns whose maximum is looked at first. */
const groupSize = 16;

/**
 * The `count` largest of each row, largest first, equal ones in the order of the columns. Long rows in two levels: the
 * largest lie in the groups with the largest maxima, so that only those are sorted.
 */
function largest(rows: tf.Tensor2D, count: number): BestRows {
  const [height, width] = rows.shape;
  const groups = width / groupSize;
  if (!Number.isInteger(groups) || groups < 4 * count) {
    const { values, indices } = tf.topk(rows, count, true);
    return { values: values as tf.Tensor2D, indices: indices as tf.Tensor2D };
  }
  const grouped = tf.reshape(rows, [height, groups, groupSize]);
  const best = tf.topk(tf.max(grouped, 2), count, true).indices;
  // In the order of the columns, or equal similarities would change places.
  const chosen = tf.neg(tf.topk(tf.neg(best), count, true).values); // [rows, count]
  const candidates = tf.reshape(tf.gather(grouped, tf.cast(chosen, 'int32'), 1, 1), [height, count * groupSize]);
  const { values, indices } = tf.topk(candidates, count, true);
  const size = tf.scalar(groupSize, 'int32');
  const group = tf.gather(tf.cast(chosen, 'int32'), tf.floorDiv(indices, size), 1, 1);
  const columns = tf.add(tf.mul(group, size), tf.mod(indices, size));
  return { values: values as tf.Tensor2D, indices: columns as tf.Tensor2D };
}

async function merge({ values, indices: places }: BestRows, queryStart: number, bankStart: number, { best, exclusion }: Search): Promise<void> {
  const width = places.shape[1];
  const [similarities, indices] = await Promise.all([values.data<'float32'>(), places.data<'int32'>()]);
  tf.dispose([values, places]);
  for (let row = 0; row * width < indices.length; row++) {
    const candidates = {
      indices: indices.subarray(row * width, (row + 1) * width),
      similarities: similarities.subarray(row * width, (row + 1) * width),
    };
    mergeCandidates(best, queryStart + row, candidates, bankStart, exclusion);
  }
}

function rowsTensor({ values, count, dimension }: Features, start: number, rows: number): tf.Tensor2D {
  const end = Math.min(count, start + rows);
  return tf.tensor2d(values.slice(start * dimension, end * dimension), [end - start, dimension]);
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
