import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPack } from '@ssl/data';
import { afterAll, describe, expect, it } from 'vitest';
import { runHere } from '../testing/run-here.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-cli-pack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Six 2 x 2 grey pictures as an IDX file. */
const images = Buffer.from([0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0, 2, ...Array.from({ length: 24 }, (_, i) => i)]);

describe('ssl pack', () => {
  it('writes one file that ssl train takes', async () => {
    writeFileSync(join(folder, 'images-idx3'), images);
    const { code, out, error } = await runHere(['pack', 'idx:images-idx3', 'a.sslpack', '--size', '2'], folder);
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain('6 images');
    const pack = await openPack(join(folder, 'a.sslpack'));
    const image = await pack.read(5);
    expect([pack.size, pack.side, image.kind === 'raw' && [...image.pixels]]).toEqual([6, 2, [20, 21, 22, 23]]);
    await pack.close?.();
  });

  it('refuses a wrong name, format, size, and data that are not there', async () => {
    for (const [argv, message] of [
      [['pack', 'idx:images-idx3', 'a.tar'], 'the ending .sslpack, got a.tar'],
      [['pack', 'idx:images-idx3', 'b.sslpack', '--format', 'png'], '--format needs one of pixels, jpeg, original, got png'],
      [['pack', 'idx:images-idx3', 'b.sslpack', '--size', '0'], '--size needs a whole number from 1 to 4096, got 0'],
      [['pack', 'nowhere', 'b.sslpack'], 'is none of these'],
    ] as const) {
      const { code, error } = await runHere(argv, folder);
      expect(code).not.toBe(0);
      expect(error).toContain(message);
    }
  });
});
