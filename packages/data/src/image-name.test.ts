import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Dataset } from './dataset.js';
import { imageName } from './image-name.js';
import { imageFolder } from './sources/image-folder.js';
import { inMemory } from './sources/in-memory.js';
import { listFile } from './sources/list-file.js';
import { mixDatasets } from './sources/mix-datasets.js';
import { relativeNames } from './sources/relative-names.js';
import { subset } from './sources/subset.js';
import { withBackground } from './with-background.js';

const top = mkdtempSync(join(tmpdir(), 'ssl-names-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

const namesOf = (dataset: Dataset): string[] => Array.from({ length: dataset.size }, (_, index) => imageName(dataset, index));

it('names images relative to their data, through every wrapper', async () => {
  mkdirSync(join(top, 'photos', 'cat'), { recursive: true });
  for (const name of ['a.png', 'cat/b.png']) writeFileSync(join(top, 'photos', name), name);
  writeFileSync(join(top, 'list.txt'), `photos/a.png\n${top}/photos/cat/b.png\n`);
  const photos = await imageFolder(join(top, 'photos'));
  expect(namesOf(photos)).toEqual(['a.png', 'cat/b.png']);
  expect(namesOf(await listFile(join(top, 'list.txt')))).toEqual(['photos/a.png', `${top}/photos/cat/b.png`]);
  expect(namesOf(withBackground(photos, 'random'))).toEqual(['a.png', 'cat/b.png']);
  expect(namesOf(subset(photos, Int32Array.of(1)))).toEqual(['cat/b.png']);
  const pixels = inMemory({ pixels: new Uint8Array(3), shape: [1, 1, 1, 3] });
  const mixed = mixDatasets([{ dataset: photos, weight: 1 }, { dataset: photos, weight: 1 }, { dataset: pixels, weight: 0.5 }]);
  expect(namesOf(mixed)).toEqual(['photos/a.png', 'photos/cat/b.png', 'photos-2/a.png', 'photos-2/cat/b.png', 'in memory/in memory[0]']);
});

it('leaves out of paths what they share', () => {
  expect(relativeNames(['x/s-0.tar'])).toEqual(['s-0.tar']);
  expect(relativeNames(['/x/a/s-0.tar', '/x/b/s-0.tar', '/x/c.tar'])).toEqual(['a/s-0.tar', 'b/s-0.tar', 'c.tar']);
  expect(relativeNames(['/s.tar', '/x/t.tar'])).toEqual(['s.tar', 'x/t.tar']);
});
