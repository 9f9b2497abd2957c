import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runHere } from '../testing/run-here.js';

// Each test starts a process of its own, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-views-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Blobs of colours of their own, or small grey ones on white. */
async function write(name: string, count: number, draw: (image: number) => { readonly side: number; readonly svg: string }): Promise<void> {
  mkdirSync(join(folder, name));
  for (let i = 0; i < count; i++) {
    const { side, svg } = draw(i);
    await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${String(side)}" height="${String(side)}" viewBox="0 0 32 32">${svg}</svg>`)).flatten({ background: '#fff' }).png().toFile(join(folder, name, `${String(i)}.png`));
  }
}
interface ViewsEvent {
  readonly event: string;
  readonly warnings: readonly string[];
  readonly images: number;
}
const views = async (...argv: string[]): Promise<{ seen: ViewsEvent | undefined; error: string; code: number | null }> => {
  const { out, error, code } = await runHere(['views', '--device', 'cpu', '--json', ...argv], folder);
  const events = out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as ViewsEvent);
  return { seen: events.find(({ event }) => event === 'views'), error, code };
};

test('a healthy set, under a multi-crop preset: no warning, local crops on the page', async () => {
  await write('blobs', 80, (i) => {
    const hue = (i * 137) % 360;
    return { side: 48, svg: `<rect width="32" height="32" fill="hsl(${String(hue)},80%,45%)"/><circle cx="${String(8 + ((i * 7) % 16))}" cy="16" r="9" fill="hsl(${String((hue + 90) % 360)},90%,70%)"/>` };
  });
  const { seen, error, code } = await views('--data', './blobs', '--preset', 'dino', '--image-size', '32', '--out', 'dino.html');
  expect(code, error).toBe(0);
  expect(seen).toMatchObject({ warnings: [], images: 24 });
  expect(error).not.toContain('Warning');
  const page = readFileSync(join(folder, 'dino.html'), 'utf8');
  expect(page).toContain('Views of dino on blobs');
  expect(page.match(/class="?tile|background-position/g)?.length ?? 0).toBeGreaterThanOrEqual(24 * 11); // original, 2 global, 8 local
});

test('small grey drawings on white, enlarged: the warnings are printed and stand on the page', async () => {
  await write('marks', 20, (i) => ({ side: i % 3 === 0 ? 128 : 20, svg: `<circle cx="16" cy="16" r="${String(2 + (i % 3))}" fill="hsl(0,0%,${String((i * 4) % 60)}%)"/>` }));
  const { seen, error, code } = await views('--data', './marks', '--preset', 'mae', '--image-size', '64');
  expect(code, error).toBe(0);
  expect(seen?.warnings).toEqual(['white border', 'grey', 'tiny', 'mixed sizes']);
  expect(error).toMatch(/Warning: Half of the images are white border/);
  expect(readFileSync(join(folder, 'views.html'), 'utf8')).toMatch(/Warning: 100 % of the images are grey/);
});

test('a preset that is not there', async () => {
  const { error, code } = await views('--data', './blobs', '--preset', 'simcrl');
  expect(code).toBe(2);
  expect(error).toMatch(/--preset needs one of simclr, .*got simcrl/);
});

test('12 bits in 16 are said once and spread by --range; five bands are taken by --channels', async () => {
  mkdirSync(join(folder, 'deep'));
  for (let i = 0; i < 16; i++) {
    const pixels = Uint16Array.from({ length: 20 * 20 * 3 }, (_, at) => ((at % 60) * (i + 3) * 23 + i * 31) % 4096);
    await sharp(pixels, { raw: { width: 20, height: 20, channels: 3 } }).toColourspace('rgb16').png().toFile(join(folder, 'deep', `${String(i)}.png`));
  }
  const dark = await views('--data', './deep', '--image-size', '16');
  expect(dark.code, dark.error).toBe(0);
  expect(dark.seen?.warnings).toContain('small range');
  expect(dark.error.match(/--range 0,4095/g)).toHaveLength(1);
  const spread = await views('--data', './deep', '--image-size', '16', '--range', '0,4095');
  expect(spread.seen?.warnings).not.toContain('small range');

  const bands = Buffer.from(Uint8Array.from({ length: 16 * 12 * 12 * 5 }, (_, at) => (at * 37 + Math.floor(at / 720) * 11) % 256));
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (16, 12, 12, 5), }".padEnd(117) + '\n';
  writeFileSync(join(folder, 'bands.npy'), Buffer.concat([Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'), Buffer.from(header), bands]));
  const asked = await views('--data', './bands.npy', '--image-size', '16');
  expect([asked.code === 0, asked.error]).toEqual([false, expect.stringContaining('Use --channels 5')]);
  const shown = await views('--data', './bands.npy', '--image-size', '16', '--channels', '5');
  expect(shown.code, shown.error).toBe(0);
});
