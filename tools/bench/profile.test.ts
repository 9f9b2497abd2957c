import type { OperationRecord } from '@ssl/backend';
import { expect, test } from 'vitest';
import { byKind, operationCount } from './profile.js';
import { profileTable } from './profile-table.mjs';

const form = (...shape: number[]) => ({ type: 'bfloat16', shape });
const record = (fields: Partial<OperationRecord>): OperationRecord => ({ name: 'a', kind: 'Add', inputs: [], outputs: [], seconds: 1, ...fields });

test('counts the operations of convolutions, their gradients and products', () => {
  // 2 images of 8 x 8, 3 channels to 5, filter 3 x 3: each output is 27 products and sums.
  const [x, filter, dy] = [form(2, 8, 8, 3), form(3, 3, 3, 5), form(2, 8, 8, 5)];
  const expected = 2 * (2 * 8 * 8 * 5) * 27;
  expect(operationCount(record({ kind: '_MklNativeConv2D', inputs: [x, filter], outputs: [dy] }))).toBe(expected);
  expect(operationCount(record({ kind: '_MklNativeConv2DBackpropFilter', inputs: [x, form(4), dy], outputs: [filter] }))).toBe(expected);
  expect(operationCount(record({ kind: 'Conv2DBackpropInput', inputs: [form(4), filter, dy], outputs: [x] }))).toBe(expected);
  expect(operationCount(record({ kind: '_MklMatMul', inputs: [form(7, 4), form(4, 9)], outputs: [form(7, 9)] }))).toBe(2 * 7 * 4 * 9);
  expect(operationCount(record({ kind: '_MklBatchMatMulV2', inputs: [form(3, 2, 7, 4), form(3, 2, 9, 4)], outputs: [form(3, 2, 7, 9)] }))).toBe(6 * 2 * 7 * 4 * 9);
  expect(operationCount(record({ kind: 'AddV2', inputs: [x, x], outputs: [x] }))).toBe(0);
});

test('sums by kind over the quickest run of each operation, without the prefix of the implementation', () => {
  const product = (seconds: number, name: string) => record({ name, kind: '_MklMatMul', inputs: [form(1, 2), form(2, 3)], outputs: [form(1, 3)], seconds });
  const [first, second] = [[product(5, 'a'), product(1, 'b'), record({ name: 'c', seconds: 2 })], [product(3, 'a'), product(4, 'b'), record({ name: 'c', seconds: 9 })]];
  expect(byKind([first, second])).toEqual([
    { kind: 'MatMul', count: 2, seconds: 4, operations: 24, bytes: 2 * 2 * (2 + 6 + 3) },
    { kind: 'Add', count: 1, seconds: 2, operations: 0, bytes: 0 },
  ]);
});

test('operations of one name in one step count apart', () => {
  expect(byKind([[record({ seconds: 1 }), record({ seconds: 2 })]])).toMatchObject([{ count: 2, seconds: 3 }]);
});

test('is printed beside the peaks, small kinds in one row', () => {
  const kinds = [
    { kind: 'MatMul', count: 2, seconds: 0.9, operations: 45e9, bytes: 1 },
    { kind: 'Add', count: 3, seconds: 0.1, operations: 0, bytes: 1e9 },
    { kind: 'Neg', count: 4, seconds: 0.001, operations: 0, bytes: 1e6 },
    { kind: 'Abs', count: 1, seconds: 0.001, operations: 0, bytes: 1e6 },
  ];
  const text = profileTable({ workload: 'w', precision: 'float32', kinds, peaks: { product: 100e9, convolution: 200e9, bandwidth: 2e10 } });
  expect(text).toContain('| MatMul | 2 | 900 | 89.8 % | 45 | 50 | 50 % |  |');
  expect(text).toContain('| Add | 3 | 100 | 9.98 % |  |  |  | 10 |');
  expect(text).toContain('| 2 other kinds | 5 | 2 |');
  expect(text).toContain('would take 450 ms');
});
