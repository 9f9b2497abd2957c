import type { BrokenImages } from '@ssl/data';
import { formatCount } from './format.js';
import { visible } from './visible.js';

/** `3 images could not be read and are left out, the first: cat/a.png (the file ends early)`. */
export function describeBroken({ count, listed }: Pick<BrokenImages, 'count' | 'listed'>, what = `could not be read and ${count === 1 ? 'is' : 'are'} left out`): string {
  const [first] = listed;
  return `${formatCount(count)} ${count === 1 ? 'image' : 'images'} ${what}, the first: ${visible(first?.name ?? '')} (${visible(first?.reason ?? '')})`;
}
