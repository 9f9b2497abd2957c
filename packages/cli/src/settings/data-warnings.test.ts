import { expect, test } from 'vitest';
import { inMemory } from '@ssl/data';
import { chooseSettings } from './choose-settings.js';
import { dataFacts } from './data-facts.js';

const count = 24;
/** Pictures of 8 x 8, each with its own values. */
const pictures = (value: (at: number, image: number) => number, wide = false, channels = 3) => {
  const length = count * 64 * channels;
  const at = (i: number): number => value(i, Math.floor(i / (64 * channels)));
  const pixels = wide ? Uint16Array.from({ length }, (_, i) => at(i)) : Uint8Array.from({ length }, (_, i) => at(i));
  return inMemory({ pixels, shape: [count, 8, 8, channels] });
};
const warned = async (data: ReturnType<typeof pictures>) => (await dataFacts(data)).warnings ?? [];

test('a healthy set: nothing, also where one image is black', async () => {
  expect(await warned(pictures((at) => (at * 37) % 256))).toEqual([]);
  expect(await warned(pictures((at, image) => (image === 3 ? 0 : (at * 37) % 256)))).toEqual([]);
});

test('12 bits in 16: the share of the range, and the flag that spreads them', async () => {
  const [warning, ...more] = await warned(pictures((at) => (at * 37) % 4096, true));
  expect([warning?.kind, more]).toEqual(['small range', []]);
  expect(warning?.text).toMatch(/6 % of the range .* 4\d\d\d of 0 to 65535, so they look almost black\. Use --range 0,4095 /);
});

test('a single bright pixel does not hide it; a few values of 8 bits, and a pale set', async () => {
  expect((await warned(pictures((at) => (at % 3000 === 7 ? 65_535 : (at * 37) % 4096), true))).map(({ kind }) => kind)).toEqual(['small range']);
  expect((await warned(pictures((at, image) => (at * 37 + (at % 7 === image % 7 ? 1 : 0)) % 4)))[0]?.text).toContain('Use --range 0,3 ');
  expect((await warned(pictures((at) => 240 + ((at * 37) % 10))))[0]?.text).toContain('Use --range 240,249 ');
});

test('images of one value, and the same image again and again', async () => {
  expect((await warned(pictures((_, image) => image))).map(({ kind }) => kind)).toEqual(['constant']);
  expect((await warned(pictures(() => 0))).map(({ kind }) => kind)).toEqual(['same image', 'constant']);
  expect((await warned(pictures((at) => ((at % 192) * 5) % 256))).map(({ kind }) => kind)).toEqual(['same image']);
});

test('floating point in two ranges', async () => {
  const values = (most: number) => ({ kind: 'raw', pixels: Float32Array.from({ length: 64 }, (_, i) => (i / 63) * most), width: 8, height: 8, channels: 1 }) as const;
  const data = { ...pictures((at) => at % 256), read: (index: number) => Promise.resolve(values(index % 2 === 0 ? 1 : 250 + index / 10)) };
  expect((await warned(data)).map(({ kind }) => kind)).toEqual(['several ranges']);
});

test('bands: the number that must be given is said, and is taken', async () => {
  const facts = await dataFacts(pictures((at) => (at * 37) % 256, false, 13));
  expect(facts.bands).toBe(13);
  const circumstances = { gpu: false, transformer: false };
  expect(() => chooseSettings({}, facts, circumstances)).toThrow(/13 bands.*Use --channels 13/);
  expect(chooseSettings({ channels: 13 }, facts, circumstances).settings.channels).toBe(13);
});
