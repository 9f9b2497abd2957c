import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSslError } from '@ssl/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPth } from './read-pth.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-changed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(['zip', 'legacy'])('%s: files with changed bytes are read or refused with an SslError, nothing else', { timeout: 60_000 }, async (form) => {
  const whole = readFileSync(fileURLToPath(new URL(`./__fixtures__/everything-${form}.pth`, import.meta.url)));
  const path = join(folder, `${form}.pth`);
  let state = 12_345;
  const draw = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let refused = 0;
  for (let round = 0; round < 600; round++) {
    const changed = Buffer.from(whole);
    for (let i = 0; i <= draw(3); i++) changed[draw(changed.length)] = draw(256);
    writeFileSync(path, changed);
    await readPth(path).catch((error: unknown) => {
      refused++;
      if (!isSslError(error)) throw error;
    });
  }
  expect(refused).toBeGreaterThan(100);
});
