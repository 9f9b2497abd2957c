import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { imageName } from '../image-name.js';
import { imageFolder } from './image-folder.js';

const top = mkdtempSync(join(tmpdir(), 'ssl-classes-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
/** A folder with one image in each of these folders; `name*3`: three. */
function folder(...folders: string[]): string {
  const path = join(top, String((count += 1)));
  for (const entry of folders) {
    const [name = '', images = '1'] = entry.split('*');
    mkdirSync(join(path, name), { recursive: true });
    for (let k = 0; k < Number(images); k += 1) writeFileSync(join(path, name, `${k}.png`), '');
  }
  return path;
}

/** Each image with its class, and what is said about the folder. */
async function found(path: string) {
  const data = await imageFolder(path, { labels: 'auto' });
  const { size, labels, classes, notes = [], parts = [] } = data;
  const pairs = new Map(Array.from({ length: size }, (_, index) => [imageName(data, index).replace(/\/\d\.png$/, ''), classes?.[labels?.[index] ?? -1]]));
  return { classes, pairs, notes, parts: parts.map((part) => `${part.role} ${part.folder} ${part.images}`) };
}

it('takes folders as classes, links to folders too, and none that stands alone', async () => {
  const path = folder('store/v2', 'linked');
  symlinkSync('../store/v2', join(path, 'linked', 'cat'));
  symlinkSync('../store/v2', join(path, 'linked', 'again'));
  expect((await found(folder('dog/deep', 'cat', '.'))).pairs).toEqual(new Map([['0.png', undefined], ['cat', 'cat'], ['dog/deep', 'dog']]));
  const store = folder('a', 'b');
  const linked = join(top, 'links');
  mkdirSync(linked);
  for (const [name, target] of [['cat', 'a'], ['dog', 'b']] as const) symlinkSync(join(store, target), join(linked, name));
  expect((await found(linked)).classes).toEqual(['cat', 'dog']);
  expect((await found(folder('only'))).classes).toBeUndefined();
  expect((await found(folder('.', 'loose'))).classes).toBeUndefined();
});

it.each([
  ['train and val', ['train/cat*2', 'train/dog', 'val/dog', 'val/cat'], ['cat', 'dog'], ['training train 3', 'validation val 2']],
  ['upper case, other words, years', ['Training_Set/cat', 'Training_Set/dog', 'test2017/cat', 'VALID/dog'], ['cat', 'dog'], ['test test2017 1', 'training Training_Set 2', 'validation VALID 1']],
  ['a test without classes', ['train/cat', 'train/dog', 'test'], ['cat', 'dog'], ['test test 1', 'training train 2']],
  ['more classes in one part', ['train/cat', 'train/dog', 'train/fox', 'val/cat'], ['cat', 'dog', 'fox'], ['training train 3', 'validation val 1']],
  ['images below a part', ['train/n01/images', 'train/n02/images', 'val/images'], ['n01', 'n02'], ['training train 2', 'validation val 1']],
  ['parts below images', ['images/train', 'images/val'], undefined, ['training images/train 1', 'validation images/val 1']],
  ['unlabelled beside labelled', ['labeled/cat', 'labeled/dog', 'unlabeled'], ['cat', 'dog'], ['other labeled 2', 'other unlabeled 1']],
  ['flat parts', ['train*3', 'val'], undefined, ['training train 3', 'validation val 1']],
  ['a class that is named train', ['train', 'bus', 'car'], ['bus', 'car', 'train'], []],
])('finds the classes below parts: %s', async (_, folders, classes, parts) => {
  const seen = await found(folder(...folders));
  expect(seen.classes).toEqual(classes);
  expect(seen.parts.toSorted()).toEqual(parts);
  for (const [path, name] of seen.pairs) if (name !== undefined) expect(path.split('/')).toContain(name);
});

it.each([
  ['pieces', ['part_000', 'part_001'], undefined, 'part_000, part_001 are taken for pieces of one set'],
  ['pieces with classes below', ['shard-1/cat', 'shard-1/dog', 'shard-2/cat'], ['cat', 'dog'], 'shard-1, shard-2 are taken for pieces'],
  ['batches', ['batch_1', 'batch_2', 'batch_10'], undefined, 'pieces'],
  ['images_001', ['images_001', 'images_002'], undefined, 'pieces'],
  ['folds', ['fold_a', 'fold_b'], undefined, 'pieces'],
  ['numbered of so many', ['00000-of-00002', '00001-of-00002'], undefined, 'pieces'],
  ['buckets of a hash', Array.from({ length: 40 }, (_, k) => (k * 6).toString(16).padStart(2, '0')), undefined, 'pieces'],
  ['folders of cameras', ['DCIM/100APPLE', 'DCIM/101APPLE'], undefined, 'pieces'],
  ['years', ['2019/spring', '2020/spring'], undefined, '2019, 2020 are taken for dates'],
  ['months', ['2019-01', '2019-02', '2019-12'], undefined, 'dates'],
  ['days', ['20190131', '20190201'], undefined, 'dates'],
  ['masks beside images', ['images', 'masks'], undefined, 'images in masks are used like the others'],
  ['one wrapper', ['images/cat', 'images/dog'], ['cat', 'dog'], undefined],
  ['digits', ['0', '1', '9'], ['0', '1', '9'], undefined],
  ['numbered classes', ['0000', '0001', '0099'], ['0000', '0001', '0099'], undefined],
  ['folders of systems', ['cat', 'dog', '@eaDir/cat', '__MACOSX', '.ipynb_checkpoints', '#recycle', '$RECYCLE.BIN', 'lost+found', 'System Volume Information'], ['cat', 'dog'], undefined],
])('tells classes from %s', async (_, folders, classes, note) => {
  const seen = await found(folder(...folders));
  expect(seen.classes).toEqual(classes);
  if (note === undefined) expect(seen.notes).toEqual([]);
  else expect(seen.notes.join()).toContain(note);
});

it('names folders beside the classes that hold nothing, and takes first-level folders where that is asked for', async () => {
  const path = folder('cat', 'dog');
  mkdirSync(join(path, 'fox'));
  expect((await found(path)).notes).toEqual(['fox beside the classes: no image in it']);
  const parts = folder('train/cat', 'val/cat');
  expect((await imageFolder(parts, { labels: true })).classes).toEqual(['train', 'val']);
});
