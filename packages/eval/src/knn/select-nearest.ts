import * as tf from '@tensorflow/tfjs-core';
import { isExcluded, type Exclusion } from './exclusion.js';
import { insertNeighbour, type Neighbours } from './neighbours.js';
import { Ranked } from './ranked.js';

/** Neighbouring rows of the bank whose highest similarity is looked at first. */
export const groupSize = 16;

/** Groups that are read at once: 4 MB of similarities. */
const groupsAtOnce = 2 ** 16;

/** What was found so far, and what may not be found. */
export interface Search {
  readonly best: Neighbours;
  readonly exclusion: Exclusion;
}

/** Consecutive rows of the queries or of the bank. */
export interface BlockOfRows {
  readonly start: number;
  readonly count: number;
}

/** Similarities of some queries with some rows of the bank. */
export interface SimilarityBlock {
  /** `[queries, bank]`, or `[bank, queries]` if transposed. Of both there may be more than `count` to make whole groups; these are not looked at. */
  readonly similarities: tf.Tensor2D;
  readonly transposed: boolean;
  readonly queries: BlockOfRows;
  readonly bank: BlockOfRows;
}

/**
 * Merges a block into the nearest rows found so far. Only groups with a row nearer than the k-th so far are read, and for a
 * query no more than can hold its neighbours. Blocks come in the order of the bank: what was there first stays first among equals.
 */
export async function selectNearest(block: SimilarityBlock, search: Search): Promise<void> {
  const tensor = tf.tidy(() => groupMaxima(block));
  const maxima = await tensor.data<'float32'>();
  tensor.dispose();
  const selection = new Selection(block, search, maxima);
  for (let query = 0; query < block.queries.count; query++) {
    if (!selection.hasRoom) await selection.read();
    selection.addQuery(query);
  }
  await selection.read();
}

/** The highest similarity of each group, `[queries, groups]`. */
function groupMaxima({ similarities, transposed }: SimilarityBlock): tf.Tensor2D {
  const [height, width] = similarities.shape;
  return transposed
    ? tf.transpose<tf.Tensor2D>(tf.max(tf.reshape(similarities, [height / groupSize, groupSize, width]), 1))
    : tf.max<tf.Tensor2D>(tf.reshape(similarities, [height, width / groupSize, groupSize]), 2);
}

/** Chooses the groups that are read, and merges their rows. */
class Selection {
  readonly #block: SimilarityBlock;
  readonly #search: Search;
  readonly #maxima: Float32Array;
  readonly #groupCount: number;
  /** The similarity below which a query needs no row of this block. */
  readonly #floors: Float32Array;
  /** Groups to read, those of one query after those of another. */
  readonly #queries: Int32Array;
  readonly #groups: Int32Array;
  #count = 0;
  readonly #nearestGroups: Ranked;
  readonly #nearestRows: Ranked;

  constructor(block: SimilarityBlock, search: Search, maxima: Float32Array) {
    this.#block = block;
    this.#search = search;
    this.#maxima = maxima;
    this.#groupCount = Math.ceil(block.bank.count / groupSize);
    this.#floors = new Float32Array(block.queries.count);
    const room = Math.max(this.#groupCount, groupsAtOnce);
    this.#queries = new Int32Array(room);
    this.#groups = new Int32Array(room);
    this.#nearestGroups = new Ranked(this.#groupCount);
    this.#nearestRows = new Ranked(block.bank.count);
  }

  /** True if the groups of one more query can be added before others are read. */
  get hasRoom(): boolean {
    return this.#count + this.#groupCount <= this.#queries.length;
  }

  /** Adds the groups of which a query needs rows. */
  addQuery(query: number): void {
    const { best, exclusion } = this.#search;
    const maxima = this.#maxima;
    const groupCount = this.#groupCount;
    const nearest = this.#nearestGroups;
    const kth = kthSimilarity(best, this.#block.queries.start + query);
    nearest.count = 0;
    for (let group = 0; group < groupCount; group++) {
      const maximum = maxima[query * groupCount + group]!;
      if (!(maximum <= kth)) nearest.add(group, maximum);
    }
    // Each gives a row that comes before all rows of the groups left out, and a query passes over no more than `extra`.
    this.#floors[query] = nearest.keep(best.k + exclusion.extra);
    for (let i = 0; i < nearest.count; i++) {
      this.#queries[this.#count] = query;
      this.#groups[this.#count++] = nearest.places[i]!;
    }
  }

  /** Reads the groups that were added, and merges their rows. */
  async read(): Promise<void> {
    const [queries, count] = [this.#queries, this.#count];
    if (count === 0) return;
    const tensor = tf.tidy(() => gatherGroups(this.#block, queries.subarray(0, count), this.#groups.subarray(0, count)));
    const similarities = await tensor.data<'float32'>();
    tensor.dispose();
    for (let start = 0, end = 0; start < count; start = end) {
      while (end < count && queries[end] === queries[start]) end++;
      this.#mergeRows(similarities, start, end);
    }
    this.#count = 0;
  }

  /** Merges the rows of the groups from `start` to `end`, all of one query. */
  #mergeRows(similarities: Float32Array, start: number, end: number): void {
    const { best, exclusion } = this.#search;
    const { bank, queries } = this.#block;
    const groups = this.#groups;
    const nearest = this.#nearestRows;
    const floor = this.#floors[this.#queries[start]!]!;
    const query = queries.start + this.#queries[start]!;
    const kth = kthSimilarity(best, query);
    nearest.count = 0;
    for (let i = start; i < end; i++) {
      const first = groups[i]! * groupSize;
      const rows = Math.min(groupSize, bank.count - first);
      for (let row = 0; row < rows; row++) {
        const similarity = similarities[i * groupSize + row]!;
        if (similarity < floor || similarity <= kth || isExcluded(exclusion, query, bank.start + first + row, similarity)) continue;
        nearest.add(bank.start + first + row, similarity);
      }
    }
    nearest.keep(best.k);
    for (let i = 0; i < nearest.count; i++) insertNeighbour(best, query, nearest.places[i]!, nearest.similarities[i]!);
  }
}

/** The last of a query's neighbours so far; NaN, which no similarity is at most, where there are fewer than k. */
function kthSimilarity({ similarities, k }: Neighbours, query: number): number {
  return similarities[(query + 1) * k - 1]!;
}

/** Similarities of the groups, `[count, groupSize]`. */
function gatherGroups({ similarities, transposed }: SimilarityBlock, queries: Int32Array, groups: Int32Array): tf.Tensor {
  const [, width] = similarities.shape;
  if (!transposed) {
    const places = queries.map((query, i) => query * (width / groupSize) + groups[i]!);
    return tf.gather(tf.reshape(similarities, [-1, groupSize]), tf.tensor1d(places, 'int32'));
  }
  const places = queries.map((query, i) => groups[i]! * groupSize * width + query);
  const rows = tf.mul(tf.range(0, groupSize, 1, 'int32'), tf.scalar(width, 'int32'));
  return tf.gather(tf.reshape(similarities, [-1]), tf.add(tf.expandDims(tf.tensor1d(places, 'int32'), 1), rows));
}
