import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { columnMeans } from '../features/unit-rows.js';
import { nearestNeighbours, type GroupedFeatures, type NearestNeighboursOptions } from './nearest-neighbours.js';

/** Small whole numbers in a ring, so that there are many exact ties. */
function ring(count: number, dimension: number, groups?: (row: number) => number): GroupedFeatures {
  const values = Float32Array.from({ length: count * dimension }, (_, i) => ((i * 7 + Math.floor(i / 5)) % 11) - 4);
  return { values, count, dimension, ...(groups ? { groups: Int32Array.from({ length: count }, (_, row) => groups(row)) } : {}) };
}

/** The definition, row by row: every cosine in double precision, sorted, equal ones in the order of the bank. */
function slow(bank: GroupedFeatures, { k, queries, centre, excludeSameGroup = true }: NearestNeighboursOptions): number[][] {
  const from = queries ?? bank;
  const means = centre ? columnMeans(bank) : new Float64Array(bank.dimension);
  const row = (features: GroupedFeatures, i: number): number[] => {
    const x = [...features.values.subarray(i * features.dimension, (i + 1) * features.dimension)].map((value, column) => value - means[column]!);
    const length = Math.hypot(...x);
    return x.map((value) => value / length);
  };
  return Array.from({ length: from.count }, (_, query) => {
    const q = row(from, query);
    return Array.from({ length: bank.count }, (_, i) => i)
      .filter((i) => queries !== undefined || i !== query)
      .filter((i) => {
        const a = from.groups?.[query] ?? -1;
        return !excludeSameGroup || a < 0 || a !== (bank.groups?.[i] ?? -1);
      })
      .map((i) => ({ i, s: Math.round(row(bank, i).reduce((sum, value, c) => sum + value * q[c]!, 0) * 1e5) }))
      .sort((a, b) => b.s - a.s || a.i - b.i)
      .slice(0, k)
      .map(({ s }) => s);
  });
}

/** Cosines rather than rows, because rounding may order ties differently from the slow version. */
async function fast(bank: GroupedFeatures, options: NearestNeighboursOptions): Promise<number[][]> {
  const { similarities, count, k } = await nearestNeighbours(bank, options);
  return Array.from({ length: count }, (_, query) =>
    [...similarities.subarray(query * k, (query + 1) * k)].filter((s) => !Number.isNaN(s)).map((s) => Math.round(s * 1e5)),
  );
}

function near(actual: number[][], expected: number[][]): void {
  expect(actual.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  actual.forEach((row, query) => {
    row.forEach((value, rank) => {
      expect(Math.abs(value - expected[query]![rank]!)).toBeLessThanOrEqual(1);
    });
  });
}

const blocks = [
  { queryBlock: 1024, bankBlock: 8192 },
  { queryBlock: 7, bankBlock: 10 },
  { queryBlock: 50, bankBlock: 3 },
];

describe.each(['js', 'wasm', 'cpu'] as const)('on %s', (device) => {
  beforeAll(() => useBackend({ device }));

  describe.each(blocks)('against the literal definition, blocks of $queryBlock and $bankBlock', (block) => {
    test.each([
      ['leave-one-out', ring(53, 5), { k: 6 }],
      ['centred', ring(53, 5), { k: 6, centre: true }],
      ['groups of nine excluded', ring(53, 5, (row) => row % 6), { k: 4 }],
      ['some rows in no group', ring(53, 5, (row) => (row % 3 === 0 ? -1 : row % 6)), { k: 4 }],
      ['groups there but not excluded', ring(53, 5, (row) => row % 6), { k: 4, excludeSameGroup: false }],
      ['test images', ring(53, 5), { k: 3, queries: ring(9, 5) }],
      ['test images with groups', ring(53, 5, (row) => row % 6), { k: 3, queries: ring(9, 5, (row) => row - 1) }],
      ['more neighbours than there are', ring(6, 4, (row) => row % 2), { k: 5 }],
    ])('%s', async (_, bank, options) => {
      near(await fast(bank, { ...options, ...block }), slow(bank, options));
    });
  });

  test('a group larger than anything worth fetching is masked, and as exact', async () => {
    const bank = ring(211, 5, (row) => (row < 150 ? 0 : row));
    near(await fast(bank, { k: 3, bankBlock: 60, queryBlock: 50 }), slow(bank, { k: 3 }));
    const { indices, k } = await nearestNeighbours(bank, { k: 3 });
    expect([...indices.subarray(0, 150 * k)].every((row) => row >= 150)).toBe(true);
  });

  test('equal similarities come in the order of the bank, whatever the blocks', async () => {
    const values = new Float32Array(24).fill(1);
    for (const bankBlock of [1, 5, 100]) {
      const { indices } = await nearestNeighbours({ values, count: 12, dimension: 2 }, { k: 3, bankBlock });
      expect([...indices.subarray(0, 6)]).toEqual([1, 2, 3, 0, 2, 3]);
    }
  });

  test('places without a neighbour hold -1 and NaN', async () => {
    const bank = { values: Float32Array.of(1, 0, 0, 1, 1, 1), count: 3, dimension: 2, groups: Int32Array.of(4, 4, 4) };
    const { indices, similarities } = await nearestNeighbours(bank, { k: 2 });
    expect([...indices]).toEqual([-1, -1, -1, -1, -1, -1]);
    expect([...similarities].every(Number.isNaN)).toBe(true);
  });

  test('wrong input is explained, with the rows', async () => {
    const bank = ring(30, 5);
    const broken = { ...bank, values: bank.values.map((value, i) => (i === 12 || i === 149 ? Number.NaN : value)) };
    await expect(nearestNeighbours(broken, { k: 1 })).rejects.toThrow(/bank features must be finite numbers; NaN or infinity in rows 2, 29\./);
    const zero = { ...bank, values: bank.values.map((value, i) => (i >= 60 ? 0 : value)) };
    await expect(nearestNeighbours(zero, { k: 1 })).rejects.toThrow(/rows 12, 13, .*, 21, … \(18 of 30\) are all zero/);
    await expect(nearestNeighbours(bank, { k: 1, queries: ring(3, 4) })).rejects.toThrow(/got dimensions 4 and 5/);
    await expect(nearestNeighbours(bank, { k: 0 })).rejects.toThrow(/k of at least 1, got 0/);
    await expect(nearestNeighbours({ ...bank, groups: new Int32Array(3) }, { k: 1 })).rejects.toThrow(/each of the 30 rows, got 3/);
    await expect(nearestNeighbours({ ...bank, count: 31 }, { k: 1 })).rejects.toThrow(/count 31, dimension 5 and 150 numbers/);
  });

  test('no tensor is left behind', async () => {
    const before = tf.memory().numTensors;
    await nearestNeighbours(ring(53, 5, (row) => row % 6), { k: 4, queryBlock: 10, bankBlock: 20 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('long rows, of which groups of columns are looked at first', () => {
  test.each(['js', 'cpu'] as const)('the same rows as one sort, ties in the order of the bank (%s)', async (device) => {
    await useBackend({ device });
    // Few distinct directions, so that almost every neighbour is a tie.
    const bank = { values: Float32Array.from({ length: 704 * 3 }, (_, i) => ((i * i * 7 + Math.floor(i / 3)) % 5) + 1), count: 704, dimension: 3 };
    const short = await nearestNeighbours(bank, { k: 7, queryBlock: 32, bankBlock: 32 }); // blocks of 32: one sort
    const long = await nearestNeighbours(bank, { k: 7, queryBlock: 704, bankBlock: 704 });
    expect([...long.similarities].map((value) => value.toFixed(5))).toEqual([...short.similarities].map((value) => value.toFixed(5)));
    const queries = { values: bank.values.slice(0, 60), count: 20, dimension: 3 };
    const one = await nearestNeighbours(bank, { k: 7, queries, bankBlock: 700 });
    const two = await nearestNeighbours(bank, { k: 7, queries, bankBlock: 704 });
    expect(two.indices).toEqual(one.indices);
    expect(two.similarities).toEqual(one.similarities);
  });
});

describe('ties to the bit, rows and their order', () => {
  /** Signs: rows of length 4, so that every cosine is a multiple of an eighth and exact in float32. */
  function signs(count: number, differing: number, groups?: (row: number) => number): GroupedFeatures {
    const values = Float32Array.from({ length: count * 16 }, (_, i) => {
      const [row, column] = [Math.floor(i / 16), i % 16];
      return column < differing && (row * row * 13 + row * 7) % 1009 & (1 << column) ? -1 : 1;
    });
    return { values, count, dimension: 16, ...(groups ? { groups: Int32Array.from({ length: count }, (_, row) => groups(row)) } : {}) };
  }

  function sorted(bank: GroupedFeatures, { k, queries }: NearestNeighboursOptions): number[] {
    const from = queries ?? bank;
    return Array.from({ length: from.count }, (_, query) => {
      const found = Array.from({ length: bank.count }, (_, row) => {
        let product = 0;
        for (let column = 0; column < 16; column++) product += from.values[query * 16 + column]! * bank.values[row * 16 + column]!;
        return { row, product };
      }).filter(({ row }) => (queries !== undefined || row !== query) && !((from.groups?.[query] ?? -1) >= 0 && from.groups![query] === bank.groups?.[row]));
      found.sort((a, b) => b.product - a.product || a.row - b.row);
      return Array.from({ length: k }, (_, rank) => found[rank]?.row ?? -1);
    }).flat();
  }

  const blocks = [{}, { queryBlock: 64, bankBlock: 64 }, { queryBlock: 300, bankBlock: 130 }];
  describe.each(['js', 'wasm', 'cpu'] as const)('%s', (device) => {
    beforeAll(() => useBackend({ device }));

    test.each([
      ['a thousand directions', signs(709, 10), { k: 7 }],
      ['four directions', signs(709, 2), { k: 7 }],
      ['one direction', signs(330, 0), { k: 5 }],
      ['the nearest last: each block beats those before it', { ...signs(709, 0), values: Float32Array.from({ length: 709 * 16 }, (_, i) => (i % 16 < 15 - Math.floor(i / 16 / 50) ? 1 : -1)) }, { k: 3, queries: signs(40, 10) }],
      ['a neighbour in every group', signs(709, 10), { k: 90 }],
      ['excluded rows among the nearest', signs(709, 3, (row) => row % 30), { k: 7 }],
      ['so many excluded that they are masked', signs(709, 3, (row) => row % 4), { k: 7 }],
      ['queries', signs(709, 6), { k: 7, queries: signs(83, 9) }],
      ['queries with groups', signs(709, 6, (row) => row % 20), { k: 7, queries: signs(83, 9, (row) => (row % 25) - 1) }],
    ])('%s', async (_, bank, options) => {
      const expected = sorted(bank, options);
      for (const block of blocks) expect([...(await nearestNeighbours(bank, { ...options, ...block })).indices]).toEqual(expected);
    });
  });

  test('more groups than are read at once', async () => {
    await useBackend({ device: 'cpu' });
    const bank = signs(2900, 10);
    const whole = await nearestNeighbours(bank, { k: 60 });
    expect(whole.indices).toEqual((await nearestNeighbours(bank, { k: 60, queryBlock: 200, bankBlock: 200 })).indices);
  });
});
