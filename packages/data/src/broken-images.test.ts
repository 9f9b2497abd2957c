import { expect, it } from 'vitest';
import { BrokenImages, brokenImagesListed } from './broken-images.js';

it('counts each broken image once and lists the first hundred', () => {
  const broken = new BrokenImages(1000);
  expect(broken.has(3)).toBe(false);
  for (let index = 0; index < 500; index += 1) expect(broken.add({ index, name: `image ${index}`, reason: 'torn' })).toBe(true);
  expect(broken.add({ index: 3, name: 'image 3', reason: 'torn' })).toBe(false);
  expect(broken.count).toBe(500);
  expect(broken.listed).toHaveLength(brokenImagesListed);
  expect(broken.has(499)).toBe(true);
  expect(broken.has(500)).toBe(false);
});
