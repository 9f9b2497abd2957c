import type { Dataset } from './dataset.js';
import { spreadColour } from './spread-colour.js';

/** The dataset with a colour behind what is transparent in its images: one for all, or one of its own for each image. */
export function withBackground(dataset: Dataset, background: readonly [number, number, number] | 'random'): Dataset {
  return {
    ...dataset,
    read: async (index) => {
      const image = await dataset.read(index);
      return image.kind === 'encoded' ? { ...image, background: background === 'random' ? spreadColour(index) : background } : image;
    },
  };
}
