import type { Dataset } from '@ssl/data';
import { expect, test } from 'vitest';
import { dataFingerprint } from './data-fingerprint.js';

function datasetOf(names: readonly string[], { labels, value = 0, broken = -1 }: { readonly labels?: readonly number[]; readonly value?: number; readonly broken?: number } = {}): Dataset {
  return {
    name: 'photos',
    size: names.length,
    channels: 3,
    ...(labels === undefined ? {} : { labels: Int32Array.from(labels), classes: ['a', 'b'] }),
    describe: (index) => names[index]!,
    read: (index) => (index === broken ? Promise.reject(new Error('broken')) : Promise.resolve({ kind: 'encoded', bytes: Uint8Array.of(index, value) })),
  };
}

test('the same images give the same fingerprint; another name, label or content another one', async () => {
  const of = async (...input: Parameters<typeof datasetOf>) => (await dataFingerprint(datasetOf(...input))).sha256;
  const names = ['1.png', '2.png', '3.png'];
  const first = await of(names);
  expect(await of([...names])).toBe(first);
  const others = [await of(['1.png', '2.png', '4.png']), await of(names.slice(1)), await of(names, { labels: [0, 1, 0] }), await of(names, { labels: [0, 1, 1] }), await of(names, { value: 1 }), await of(names, { broken: 2 })];
  expect(new Set([first, ...others]).size).toBe(7);
});

test('a million images cost no more than a look at some of them', async () => {
  let reads = 0;
  const dataset: Dataset = { ...datasetOf([]), size: 1_000_000, describe: String, read: (index) => (reads++, Promise.resolve({ kind: 'encoded', bytes: Uint8Array.of(index % 256) })) };
  expect(await dataFingerprint(dataset)).toMatchObject({ images: 1_000_000, classes: 0 });
  expect(reads).toBe(32);
});
