import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withLock } from './with-lock.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('withLock', () => {
  it('lets one in at a time and leaves no file', async () => {
    const path = join(folder, 'deep', 'one.lock');
    let inside = 0;
    const results = await Promise.all(
      [1, 2, 3].map((number) =>
        withLock(path, async () => {
          inside += 1;
          expect(inside).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          inside -= 1;
          return number;
        }),
      ),
    );
    expect(results).toEqual([1, 2, 3]);
    expect(existsSync(path)).toBe(false);
  });

  it('takes over from a process that is gone', async () => {
    const path = join(folder, 'dead.lock');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(path, String(pid));
    expect(await withLock(path, () => Promise.resolve('taken over'))).toBe('taken over');
  });

  it('gives the lock back when the work fails', async () => {
    const path = join(folder, 'fails.lock');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });
});
