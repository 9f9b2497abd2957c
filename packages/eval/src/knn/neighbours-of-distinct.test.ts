import { useBackend } from '@ssl/backend';
import { beforeAll, expect, test } from 'vitest';
import { nearestNeighbours } from './nearest-neighbours.js';
import { neighboursOfDistinct } from './neighbours-of-distinct.js';

beforeAll(() => useBackend({ device: 'js' }));

const bankOf = (rows: number[][], groups?: number[]) => ({ values: Float32Array.from(rows.flat()), count: rows.length, dimension: 2, ...(groups === undefined ? {} : { groups: Int32Array.from(groups) }) });

test('rows without direction have no neighbours and are nobody\'s; the others are as without them', async () => {
  const bank = bankOf([[1, 0], [0, 0], [0.9, 0.1], [0, 1], [0, 0], [0.1, 0.9]]);
  const { indices, similarities, passedOver } = await neighboursOfDistinct(bank, { k: 2 });
  expect(passedOver).toBe(2);
  expect([...indices]).toEqual([2, 5, -1, -1, 0, 5, 5, 2, -1, -1, 3, 2]);
  expect(Number.isNaN(similarities[2])).toBe(true);
  await expect(nearestNeighbours(bank, { k: 2 })).rejects.toThrow(/rows 1, 4 are all zero/);
});

test('with centring these are the rows that equal the mean, also where it is rounded', async () => {
  expect((await neighboursOfDistinct(bankOf([[0.1, 0.7], [0.1, 0.7], [0.1, 0.7]]), { k: 1, centre: true })).passedOver).toBe(3);
  expect(await neighboursOfDistinct(bankOf([[1, 1], [1, 3], [1, 2]]), { k: 1, centre: true })).toMatchObject({ passedOver: 1, indices: Int32Array.of(1, 0, -1) });
});

test('groups go with their rows, and without such rows nothing changes', async () => {
  const rows = [[1, 0], [0.9, 0.1], [0, 0], [0.8, 0.2]];
  expect([...(await neighboursOfDistinct(bankOf(rows, [5, 5, 5, -1]), { k: 1 })).indices]).toEqual([3, 3, -1, 1]);
  const whole = bankOf(rows.filter(([x]) => x! > 0));
  expect(await neighboursOfDistinct(whole, { k: 2 })).toEqual({ ...(await nearestNeighbours(whole, { k: 2 })), passedOver: 0 });
});
