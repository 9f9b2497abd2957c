import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageName } from '../image-name.js';
import { listFile } from './list-file.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-forms-'));
beforeAll(() => {
  mkdirSync(join(folder, 'img'));
  for (const name of ['0.png', '1.png', 'my photo.png', '#2.png']) writeFileSync(join(folder, 'img', name), name);
  writeFileSync(join(folder, '#top.png'), 'top');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
async function read(content: string | Buffer) {
  const path = join(folder, `list-${(count += 1)}.txt`);
  writeFileSync(path, content);
  const data = await listFile(path);
  const names = Array.from({ length: data.size }, (_, index) => imageName(data, index));
  const labels = data.labels === undefined ? undefined : Array.from(data.labels, (label) => data.classes?.[label]);
  return { names, labels, notes: data.notes?.join('\n') ?? '', passedOver: data.passedOver ?? [] };
}
const both = ['img/0.png', 'img/1.png'];
const classes = ['cat', 'dog'];

it.each([
  ['a mark of UTF-8', '\ufeffimg/0.png\tcat\nimg/1.png\tdog\n', ''],
  ['CRLF and trailing blanks behind the class', 'img/0.png\tcat \r\nimg/1.png\tdog\r\n', ''],
  ['line ends of old Macs', 'img/0.png\tcat\rimg/1.png\tdog\r', ''],
  ['UTF-16', Buffer.from('\ufeffimg/0.png\tcat\r\nimg/1.png\tdog\r\n', 'utf16le'), ''],
  ['UTF-16, large end first', Buffer.from('\ufeffimg/0.png\tcat\nimg/1.png\tdog', 'utf16le').swap16(), ''],
  ['a blank before the class', 'img/0.png cat\nimg/1.png   dog\n', 'path, blank, class (no tab)'],
  ['CSV with names of columns', 'path,label\nimg/0.png,cat\nimg/1.png,dog\n', 'path, comma, class (no tab)'],
  ['CSV with other columns before', 'id,class,file_name\n7,cat,img/0.png\n8,dog,img/1.png\n', 'line 1 is read as names of columns'],
  ['CSV with quotes', '"img/0.png","cat"\n"img/1.png","dog"\n', 'path, comma, class (no tab)'],
  ['semicolons', 'img/0.png;cat\nimg/1.png;dog\n', 'path, semicolon, class (no tab)'],
  ['names of columns with tabs', 'image\tclass\nimg/0.png\tcat\nimg/1.png\tdog\n', 'line 1 is read as names of columns'],
  ['backslashes', 'img\\0.png\tcat\nimg\\1.png\tdog\n', '\\ read as /'],
  ['remarks', '# mine\nimg/0.png\tcat\n# more\n\nimg/1.png\tdog\n', ''],
])('reads lists of other programs: %s', async (_, content, note) => {
  const { names, labels, notes, passedOver } = await read(content);
  expect(names).toEqual(both);
  expect(labels).toEqual(classes);
  if (note === '') expect(notes).toBe('');
  else expect(notes).toContain(note);
  expect(passedOver.filter(({ mayBeImages }) => mayBeImages)).toEqual([]);
});

it('reads blanks behind paths, and blanks and # in paths', async () => {
  expect((await read('img/0.png \nimg/1.png  \n')).names).toEqual(both);
  expect((await read('img/my photo.png\nimg/#2.png\n#top.png\n')).names).toEqual(['img/my photo.png', 'img/#2.png', '#top.png']);
  const fromHome = relative(homedir(), join(folder, 'img'));
  expect((await read(`~/${fromHome}/0.png\n`)).names[0]).toBe(`${homedir()}/${fromHome}/0.png`);
});

it('says which lines name no file, and which come again', async () => {
  const { names, notes, passedOver } = await read('img/0.png\nimg/gone.png\nimg/0.png\n# remark\n');
  expect(names).toEqual(['img/0.png', 'img/gone.png', 'img/0.png']); // positions do not depend on what is there
  expect(passedOver).toEqual([
    { count: 1, what: 'line', reason: 'naming no file that is there', examples: ['img/gone.png'], mayBeImages: true },
    { count: 1, what: 'line', reason: 'a remark (it begins with #)', examples: [], mayBeImages: false },
  ]);
  expect(notes).toContain('1 line names a file that a line before names');
});

it('refuses a list of which no line names a file, with what was looked for and what to write', async () => {
  await expect(read('a/x.png 0\na/y.png 1\n')).rejects.toThrow(/of the first 2 none does\. The first says "a\/x\.png 0", and .*\/a\/x\.png 0 is not there\. .*a tab \(not a blank\) between path and class/);
  await expect(read('https://example.org/a.png\n')).rejects.toThrow('These are addresses: fetch the images first');
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  writeFileSync(join(folder, 'deep', 'er', 'list.txt'), `${relative('.', join(folder, 'img', '0.png'))}\n`);
  await expect(listFile(join(folder, 'deep', 'er', 'list.txt'))).rejects.toThrow(/From the current folder it is there, but paths begin at the folder of the list/);
  await expect(read(Buffer.from('img/0.png\n', 'utf16le'))).rejects.toThrow('UTF-16 is read where the file begins with its mark');
  await expect(read('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n')).rejects.toThrow('a Git LFS pointer, not the file itself: run "git lfs pull"');
});
