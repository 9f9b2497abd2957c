import { readFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SslError } from '@ssl/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { UsageError } from '../usage-error.js';
import { reportError } from './report-error.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-errors-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function reported(error: unknown): { code: number; text: string } {
  let text = '';
  const code = reportError(error, (part) => (text += part), false);
  return { code, text };
}

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('errors of the system come in words, with the path and what to do', () => {
  writeFileSync(join(folder, 'file'), '');
  const cases = [
    [() => readFileSync(join(folder, 'nowhere')), /nowhere could not be used \(open\): it is not there\. Check the path/],
    [() => readFileSync(folder), /could not be used|The system refused a step/],
    [() => mkdirSync(join(folder, 'file', 'below')), /below could not be used \(mkdir\): a part of the path is a file/],
    [() => readdirSync(join(folder, 'file')), /file could not be used \(scandir\): a part of the path is a file/],
  ] as const;
  for (const [act, words] of cases) {
    const { code, text } = reported(thrownBy(act));
    expect(text).toMatch(words);
    expect(text).not.toMatch(/should not happen/);
    expect(code).toBe(1);
  }
});

test.each([
  ['ENOSPC', /the disk is full\. Free some space/],
  ['EMFILE', /too many files open.*ulimit -n/],
  ['EACCES', /no permission/],
  ['EWHATEVER', /EWHATEVER: why\. Check the path/],
])('%s', (code, words) => {
  expect(reported(Object.assign(new Error(`${code}: why`), { code, syscall: 'open', path: '/a/b' })).text).toMatch(words);
});

test('what is ours to repair keeps its stack; what is not, does not', () => {
  expect(reported(new TypeError('x is not a function')).text).toMatch(/^An error that should not happen; .*\nTypeError: x is not a function\n +at /);
  expect(reported(new SslError('needed a, got b.', { from: '@ssl/data' }))).toEqual({ code: 1, text: '[@ssl/data] needed a, got b.\n' });
  expect(reported(new UsageError('--a needs b.'))).toEqual({ code: 2, text: '--a needs b.\n' });
});
