import type { Dataset } from './dataset.js';

/**
 * Name of one image within its data, for what is written beside it (features, lists): the path below the data's folder, never an absolute one
 * unless a list names it so. Different images have different names.
 */
export function imageName(dataset: Pick<Dataset, 'describe' | 'nameOf'>, index: number): string {
  return dataset.nameOf?.(index) ?? dataset.describe(index);
}
