import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FilePool } from './file-pool.js';

test('a pool that is closed while it reads ends its reads first', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ssl-pool-'));
  const path = join(folder, 'numbers');
  writeFileSync(path, Buffer.alloc(2 ** 20, 7));
  for (let round = 0; round < 20; round += 1) {
    const pool = new FilePool([path]);
    const reads = Array.from({ length: 32 }, () => pool.read(0, 0, 2 ** 20));
    await pool.close();
    for (const { length } of await Promise.all(reads)) expect(length).toBe(2 ** 20);
  }
  rmSync(folder, { recursive: true });
});
