import { localCropSize } from '@ssl/augment';
import { expect, test } from 'vitest';
import { patchSizeFor, sizesThatFit } from './patch-size.js';

test.each([
  [8, 1], [16, 2], [24, 2], [28, 2], [32, 4], [40, 4], [48, 4], [64, 8], [96, 8], [120, 8], [128, 16], [160, 16], [224, 16], [256, 16], [384, 16], [512, 16],
  [33, 3], [35, 5], [36, 4], [100, 10], [200, 20], [252, 18], [300, 15], [518, 14],
])('images of %i pixels get patches of %i', (size, patch) => {
  expect(patchSizeFor(size)).toBe(patch);
});

test('no size from 8 to 4096 pixels has many more or fewer patches than its neighbours', () => {
  const odd: number[] = [];
  let without = 0;
  for (let size = 8; size <= 4096; size++) {
    const patch = patchSizeFor(size);
    if (patch === undefined) {
      without++;
      continue;
    }
    const inRow = size / patch;
    if (!Number.isInteger(inRow) || inRow > Math.max(24, size / 10) || inRow < Math.min(5, size / 24)) odd.push(size);
    expect(localCropSize(size, patch) % patch).toBe(0); // DINO's and SwAV's small crops
    expect(localCropSize(size, patch)).toBeLessThanOrEqual(size);
    if (size % 16 === 0 && size >= 128) expect(patch).toBe(16);
  }
  expect(odd).toEqual([]);
  expect(without).toBeGreaterThan(0);
});

test('where none fits, the nearest sizes with usual patches are named', () => {
  expect(patchSizeFor(34)).toBeUndefined();
  expect(sizesThatFit(34)).toEqual([32, 36]);
  expect(patchSizeFor(37)).toBeUndefined();
  expect(sizesThatFit(37)).toEqual([36, 40]);
  expect(patchSizeFor(250)).toBeUndefined();
  expect(sizesThatFit(250)).toEqual([240, 256]);
});
