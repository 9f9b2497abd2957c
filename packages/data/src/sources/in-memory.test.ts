import { expect, it } from 'vitest';
import { inMemory } from './in-memory.js';

it('reads pixels that are in memory, and refuses lengths that do not agree', async () => {
  const pixels = Uint8Array.from({ length: 24 }, (_, i) => i);
  const data = inMemory({ pixels, shape: [2, 2, 2, 3], labels: Int32Array.of(1, 0), groups: Int32Array.of(5, 5) });
  expect([data.size, data.channels, data.describe(1)]).toEqual([2, 3, 'in memory[1]']);
  expect(await data.read(1)).toEqual({ kind: 'raw', pixels: pixels.subarray(12), width: 2, height: 2, channels: 3 });
  expect(() => inMemory({ pixels, shape: [2, 2, 2, 1] })).toThrow('shape [2, 2, 2, 1] needs 8 pixel values, got 24');
  expect(() => inMemory({ pixels, shape: [2, 2, 2, 3], labels: Int32Array.of(1) })).toThrow('needs 2 labels, got 1');
});
