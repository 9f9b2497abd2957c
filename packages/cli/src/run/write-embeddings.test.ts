import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, storedValues } from '@ssl/core';
import { inMemory } from '@ssl/data';
import type { EmbeddedImages } from '@ssl/eval';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { csvEmbeddings } from '../embeddings/csv-embeddings.js';
import { embeddingRows } from '../embeddings/embedding-rows.js';
import { jsonlEmbeddings } from '../embeddings/jsonl-embeddings.js';
import { embeddingFormatOf, embeddingFormats, writeEmbeddings } from './write-embeddings.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-embeddings-'));
const dimension = 3;
/** Image 2 is broken: it never comes. */
const indices = [0, 1, 3, 4, 5];
const names = ['cat/a.png', 'dog/comma, "quote".png', 'broken', 'cat/carriage\rreturn.png', 'two\nlines.png', '=1+1 é.png'];
const classes = ['cat', 'd,og'];
const labels = [0, 1, 0, 0, -1, 1];
const features = indices.map((index) => [index, Math.fround(0.1 * index), -1e-20]);
const rows = indices.map((index, row) => ({ name: names[index], class: classes[labels[index]!], features: features[row] }));

const dataset = { ...inMemory({ pixels: new Uint8Array(6), shape: [6, 1, 1, 1], classes, labels: Int32Array.from(labels) }), describe: (index: number) => `/data/${names[index]!}`, nameOf: (index: number) => names[index]! };

// eslint-disable-next-line @typescript-eslint/require-await -- as they come from the network
async function* parts(): AsyncGenerator<EmbeddedImages> {
  for (const places of [[0, 1], [2, 3], [4]]) {
    yield { values: Float32Array.from(places.flatMap((row) => features[row]!)), count: places.length, dimension, indices: Int32Array.from(places, (row) => indices[row]!) };
  }
}

async function written(file: string): Promise<string> {
  const path = join(folder, file);
  await writeEmbeddings(path, embeddingFormatOf(file)!, parts(), dataset, { pieceValues: 6 });
  return path;
}

describe('every format holds the numbers, names and classes, row for row', () => {
  test('.jsonl', async () => {
    const lines = readFileSync(await written('a.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => rounded(JSON.parse(line) as (typeof rows)[number]))).toEqual(rows.map(rounded));
  });

  test('.csv, with carriage returns in quotes', async () => {
    const [header, ...records] = csvRecords(readFileSync(await written('a.csv'), 'utf8'));
    expect(header).toEqual(['name', 'class', 'f0', 'f1', 'f2']);
    expect(records.map(([name, className, ...numbers]) => rounded({ name, class: className === '' ? undefined : className, features: numbers.map(Number) }))).toEqual(rows.map(rounded));
  });

  test('.npy, names in a CSV file beside it', async () => {
    const bytes = readFileSync(await written('a.npy'));
    const start = 10 + bytes.readUInt16LE(8);
    expect(start % 64).toBe(0);
    // eslint-disable-next-line no-control-regex
    expect(bytes.toString('latin1', 0, start)).toMatch(/^\x93NUMPY\x01\x00..\{'descr': '<f4', 'fortran_order': False, 'shape': \(5, 3\), \} *\n$/s);
    expect([...new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length))]).toEqual(features.flat().map(Math.fround));
    expect(csvRecords(readFileSync(join(folder, 'a.names.csv'), 'utf8'))).toEqual([['name', 'class'], ...rows.map((row) => [row.name, row.class ?? ''])]);
  });

  test('.safetensors', async () => {
    const { tensors, metadata } = await readSafetensors(await written('a.safetensors'));
    const values = (name: string): number[] => [...storedValues(tensors[name]!)];
    expect(tensors.features?.shape).toEqual([5, dimension]);
    expect(values('features')).toEqual(features.flat().map(Math.fround));
    expect(values('indices')).toEqual(indices);
    expect(values('labels')).toEqual(indices.map((index) => labels[index]));
    expect(metadata).toEqual({ classes: JSON.stringify(classes) });
    let at = 0;
    expect(values('name_lengths').map((length) => Buffer.from(tensors.names!.bytes.subarray(at, (at += length))).toString())).toEqual(rows.map(({ name }) => name));
  });

  test('.parquet, in several row groups', async () => {
    const file = await asyncBufferFromFile(await written('a.parquet'));
    expect((await parquetMetadataAsync(file)).row_groups.length).toBe(1);
    expect(await parquetReadObjects({ file })).toEqual(rows.map((row) => ({ ...row, class: row.class ?? null, features: row.features!.map(Math.fround) })));
    await writeEmbeddings(join(folder, 'b.parquet'), '.parquet', parts(), dataset, { pieceValues: 1 });
    const groups = await asyncBufferFromFile(join(folder, 'b.parquet'));
    expect((await parquetMetadataAsync(groups)).row_groups.length).toBe(3);
    expect((await parquetReadObjects({ file: groups })).map(({ name }) => name as string)).toEqual(rows.map(({ name }) => name));
  });
});

test.each([['csv', csvEmbeddings], ['jsonl', jsonlEmbeddings]])('%s of many rows is written in pieces, none of which grows with their number', async (_name, write) => {
  const [count, width] = [3000, 16];
  const lengths: number[] = [];
  const file = { writeFile: (text: string) => Promise.resolve(lengths.push(text.length)) };
  const all = { values: new Float32Array(count * width).fill(-1.23456789e-20), count, dimension: width, indices: Int32Array.from({ length: count }, (_, i) => i) };
  // eslint-disable-next-line @typescript-eslint/require-await -- one part
  const one = async function* () {
    yield all;
  };
  const many = { size: count, describe: (index: number) => `image-${String(index)}.png` };
  await write(file as never, embeddingRows(one(), many, 160), '');
  expect(lengths.length).toBe(count / 10);
  expect(Math.max(...lengths)).toBeLessThan(10 * (16 * 20 + 60) + 100);
  expect(lengths.reduce((a, b) => a + b)).toBeGreaterThan(count * width * 16);
});

test.each(embeddingFormats)('where the features end in an error %s leaves what was there, and nothing half', async (format) => {
  const own = mkdtempSync(join(tmpdir(), 'ssl-embeddings-'));
  const path = join(own, `old${format}`);
  writeFileSync(path, 'old');
  const failing = async function* (): AsyncGenerator<EmbeddedImages> {
    yield* parts();
    throw new Error('the network is gone');
  };
  await expect(writeEmbeddings(path, format, failing(), dataset)).rejects.toThrow(/^the network is gone$/);
  expect(readdirSync(own)).toEqual([`old${format}`]);
  expect(readFileSync(path, 'utf8')).toBe('old');
});

test('numbers that are not finite', async () => {
  const odd = { values: Float32Array.of(Number.NaN, Infinity, 0), count: 1, dimension, indices: Int32Array.of(0) };
  await writeEmbeddings(join(folder, 'odd.csv'), '.csv', odd, dataset);
  await writeEmbeddings(join(folder, 'odd.jsonl'), '.jsonl', odd, dataset);
  expect(readFileSync(join(folder, 'odd.csv'), 'utf8').split('\n')[1]).toBe('cat/a.png,cat,NaN,Infinity,0.00000000');
  expect(JSON.parse(readFileSync(join(folder, 'odd.jsonl'), 'utf8'))).toEqual({ name: 'cat/a.png', class: 'cat', features: [null, null, 0] });
});

function rounded<T extends { readonly features?: readonly number[] | undefined }>(row: T): T {
  return { ...row, features: row.features?.map(Math.fround) };
}

/** A reader of RFC 4180: quotes may hold anything. */
function csvRecords(text: string): string[][] {
  const records: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\n|$)/g)) {
    records.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\n') records.push([]);
  }
  return records.slice(0, -1);
}
