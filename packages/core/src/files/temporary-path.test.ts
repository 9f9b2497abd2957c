import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { holdTemporaryPath, removeTemporaryPaths } from './temporary-path.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-temporary-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('what is held goes with the process, what was let go stays', () => {
  const [partial, whole, scratch] = ['a.partial', 'whole', 'scratch'].map((name) => join(folder, name)) as [string, string, string];
  const before = process.listenerCount('exit');
  holdTemporaryPath(partial);
  const release = holdTemporaryPath(whole);
  holdTemporaryPath(scratch);
  holdTemporaryPath(join(folder, 'never made'));
  expect(process.listenerCount('exit')).toBe(before + 1);
  for (const path of [partial, whole]) writeFileSync(path, '');
  mkdirSync(scratch);
  writeFileSync(join(scratch, 'part'), '');
  release();
  removeTemporaryPaths();
  expect([partial, whole, scratch].map((path) => existsSync(path))).toEqual([false, true, false]);
});

test('a signal removes what is held, unless another listener decides', () => {
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  const partial = join(folder, 'partial');
  writeFileSync(partial, '');
  const release = holdTemporaryPath(partial);
  const other = vi.fn();
  process.on('SIGTERM', other);
  process.emit('SIGTERM', 'SIGTERM');
  expect([existsSync(partial), other.mock.calls.length, kill.mock.calls.length]).toEqual([true, 1, 0]);
  process.off('SIGTERM', other);
  process.emit('SIGTERM', 'SIGTERM');
  expect(existsSync(partial)).toBe(false);
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
  release();
  expect(process.listenerCount('SIGTERM')).toBe(0);
  kill.mockRestore();
});

test('nothing is left listening when all is let go', () => {
  const before = process.listenerCount('exit');
  const releases = [holdTemporaryPath(join(folder, 'a')), holdTemporaryPath(join(folder, 'b'))];
  for (const release of releases) release();
  expect(process.listenerCount('exit')).toBe(before);
});
