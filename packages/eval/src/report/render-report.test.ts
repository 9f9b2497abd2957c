import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import sharp from 'sharp';
import { pictureGrid } from './picture-grid.js';
import { pictureSheet } from './picture-sheet.js';
import { renderReport } from './render-report.js';
import { readReport, writeReport } from './report-files.js';
import type { PictureSheet, ReportData } from './report-data.js';

const attack = `<script>alert("1")</script>'&`;
const escaped = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;';

const empty: ReportData = {
  version: 'ssl-report/1',
  title: 'SimCLR on photos',
  createdAt: '2026-11-24T12:00:00.000Z',
  facts: [],
  curves: [],
  configuration: {},
  environment: {},
  nextSteps: [],
};

let sheet: PictureSheet;
let folder: string;
beforeAll(async () => {
  sheet = await pictureSheet({ pixels: new Uint8Array(3 * 4 * 4 * 3).fill(90), shape: [3, 4, 4, 3] });
  folder = await mkdtemp(join(tmpdir(), 'ssl-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

function full(text: string): ReportData {
  return {
    version: 'ssl-report/1',
    title: text,
    summary: text,
    createdAt: text,
    facts: [{ label: text, value: text, note: text }],
    results: {
      protocol: text,
      figures: [text, 'Macro accuracy'],
      rows: [
        { name: text, values: [0.5, 0.4], note: text },
        { name: 'Trained', values: [0.61, 0.55], deviations: [0.01, 0.02], ours: true },
      ],
    },
    curves: [
      { name: text, description: text, unit: text, steps: [1, 2, 3], values: [3, null, 1], references: [{ name: text, value: 2 }] },
      { name: 'Learning rate', scale: 'log', steps: [1, 2], values: [0.1, 0.001] },
    ],
    views: { sheet, images: [{ name: text, original: 0, views: [1, 2] }] },
    neighbours: {
      sheet,
      caption: text,
      rankings: [text, 'Trained'],
      queries: [{ tile: 0, label: text, neighbours: [[{ tile: 1, similarity: 0.456, label: text, sameClass: true }], [{ tile: 2, similarity: 0.3, sameClass: false }]] }],
    },
    classes: { name: text, classes: [{ name: text, support: 3, recall: 0.5, precision: null }], confusion: [[3]] },
    configuration: { [text]: { inner: [text, 1, null], list: [{ deep: true }] } },
    environment: { [text]: text },
    warnings: [text],
    nextSteps: [{ text, command: text }],
  };
}

test('every text from outside is escaped, in every section', () => {
  const page = renderReport(full(attack));
  expect(page).not.toContain('<script');
  expect(page).not.toContain('alert("1")');
  // Title twice; summary, time; three of a fact; protocol, table head, row name, note, verdict; … the plain text can be read back.
  expect(page.split(escaped).length - 1).toBeGreaterThanOrEqual(30);
});

test('controls and marks of direction in names do nothing on the page', () => {
  const page = renderReport({ ...full('x'), title: 'a\u001b[31m\u0000\u202egnp.exe', views: { sheet, images: [{ name: 'b\u0007\u009bc\n', original: 0, views: [1, 2] }] } });
  expect(page).toContain('<h1>a\ufffd[31m\ufffd\ufffdgnp.exe</h1>');
  expect(page).toContain('title="b\ufffd\ufffdc\n"');
  // eslint-disable-next-line no-control-regex
  expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
});

test('the page loads nothing and runs nothing', () => {
  const page = renderReport(full('photos'));
  const addresses = [...page.matchAll(/(?:https?:)?\/\/[\w.]+/g)].map(([address]) => address).filter((address) => !address.includes('www.w3.org'));
  expect(addresses).toEqual([]);
  expect(page).toContain('content="default-src &#39;none&#39;; img-src data:; style-src &#39;unsafe-inline&#39;"');
  expect(page).not.toMatch(/<script|<link|<iframe|\son\w+=/);
});

test('each picture of a sheet is shown by itself, and a sheet is there once', () => {
  const page = renderReport(full('photos'));
  expect(page.split(sheet.png).length - 1).toBe(2); // neighbours and views
  // Tile 1 of two columns: one cell of 6 pixels and the margin of 1 to the left, on a tile of 4.
  expect(page).toContain('calc(var(--size) * -1.75) calc(var(--size) * -0.25)');
  expect(page).toContain('0.46 <b>✓</b>');
  expect(page).toContain('0.30 <b>✗</b>');
});

test('two charts in one page share no id', () => {
  const ids = [...renderReport(full('photos')).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('what is not there is left out', () => {
  const page = renderReport(empty);
  for (const heading of ['Results', 'Nearest neighbours', 'Training', 'What the network sees', 'Classes', 'Worth knowing', 'What next']) {
    expect(page).not.toContain(`<h2>${heading}</h2>`);
  }
  expect(page).toContain('Written 2026-11-24 12:00:00 UTC');
  expect(page).not.toMatch(/undefined|NaN|\[object/);
});

test('a picture that is no PNG data URI is refused', () => {
  const bad = { ...sheet, png: 'data:image/png;base64,AA"); background: url(//evil.example' };
  expect(() => renderReport({ ...empty, views: { sheet: bad, images: [] } })).toThrow(/need to be PNG data URIs .* got "data:image/);
});

describe('rows of pictures', () => {
  // Two images (black and white), each with its negative.
  const picture = (...values: number[]) => ({ pixels: Uint8Array.from(values.flatMap((value) => Array<number>(4 * 3).fill(value))), shape: [values.length, 2, 2, 3] as const });
  const grid = () => pictureGrid({ title: `Negatives <of> all`, columns: [{ name: 'Image', images: picture(0, 255) }, { name: 'Negative', images: picture(255, 0) }], names: [attack, 'two'] });

  test('stand row by row, with their names, and beside the page as a PNG', async () => {
    const made = await grid();
    const place = await mkdtemp(join(tmpdir(), 'ssl-pictures-'));
    const path = join(place, 'report.html');
    await writeReport(path, { ...empty, pictures: [made, { title: 'Attention', missing: `needs a ViT ${attack}` }] });
    expect((await readdir(place)).sort()).toEqual(['negatives-of-all.png', 'report.html', 'report.json']);
    const { data, info } = await sharp(await readFile(join(place, 'negatives-of-all.png'))).raw().toBuffer({ resolveWithObject: true });
    const cell = 2 + 2 * made.sheet.margin;
    expect([info.width, info.height]).toEqual([2 * cell, 2 * cell]);
    const at = (row: number, column: number) => data[((row * cell + 1) * info.width + column * cell + 1) * info.channels];
    expect([at(0, 0), at(0, 1), at(1, 0), at(1, 1)]).toEqual([0, 255, 255, 0]);
    const page = await readFile(path, 'utf8');
    await rm(place, { recursive: true });
    expect(page).not.toContain(attack);
    expect(page).toContain(`aria-label="${escaped}: Negative"`);
    expect(page).toContain(`needs a ViT ${escaped}`);
    expect(page.match(/sheet-pictures-1"/g)).toHaveLength(4);
  });

  test('of different shapes are refused', async () => {
    const columns = [{ name: 'a', images: picture(0) }, { name: 'b', images: picture(0, 1) }];
    await expect(pictureGrid({ title: 'x', columns })).rejects.toThrow(/columns of one shape, got 1 x 2 x 2 x 3 and 2 x 2 x 2 x 3/);
    await expect(pictureGrid({ title: 'x', columns: [] })).rejects.toThrow(/got none/);
  });
});

describe('files', () => {
  test('report.json builds the very same page again', async () => {
    const path = join(folder, 'deep', 'report.html');
    await writeReport(path, full('photos'));
    expect((await readdir(join(folder, 'deep'))).sort()).toEqual(['report.html', 'report.json']);
    const again = await readReport(join(folder, 'deep', 'report.json'));
    expect(renderReport(again)).toBe(await readFile(path, 'utf8'));
  });

  test('another version, another file and broken JSON are named', async () => {
    const path = join(folder, 'other.json');
    await writeFile(path, '{"version":"ssl-report/9"}');
    await expect(readReport(path)).rejects.toThrow(/version ssl-report\/1, got "ssl-report\/9"/);
    await writeFile(path, '[]');
    await expect(readReport(path)).rejects.toThrow(/got none/);
    await writeFile(path, '{"version":');
    await expect(readReport(path)).rejects.toThrow(/needs to be JSON/);
  });
});
