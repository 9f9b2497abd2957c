import { SslError } from '@ssl/core';
import { join } from '../embed/image-set.js';
import type { ImageBytes } from '../features/features.js';
import { pictureSheet } from './picture-sheet.js';
import type { ReportViews } from './report-data.js';

export interface ViewsGalleryInput {
  /** `[count, height, width, channels]`, shown beside the views. */
  readonly originals: ImageBytes;
  /** Views of the same images in the same order, at least one list: `await Promise.all(views.map((view) => imagesToBytes(view, statistics)))`. */
  readonly views: readonly ImageBytes[];
  /** Names of the images. */
  readonly names?: readonly string[];
}

/**
 * The report's section of augmented views: what the network sees of an image.
 *
 * @throws SslError where views and originals differ in number or size.
 */
export async function viewsGallery({ originals, views, names }: ViewsGalleryInput): Promise<ReportViews> {
  const all = [originals, ...views];
  const odd = views.find(({ shape }) => shape.join() !== originals.shape.join());
  if (odd !== undefined) {
    throw new SslError(
      `pictures of views need the originals at the size of the views, got [${originals.shape.join(', ')}] and [${odd.shape.join(', ')}]. Load the originals at that size.`,
      { from: '@ssl/eval' },
    );
  }
  const [count, height, width, channels] = originals.shape;
  const pixels = join(new Uint8Array(all.length * originals.pixels.length), all.map((images) => images.pixels));
  return {
    sheet: await pictureSheet({ pixels, shape: [all.length * count, height, width, channels] }),
    images: Array.from({ length: count }, (_, i) => ({
      ...(names?.[i] === undefined ? {} : { name: names[i] }),
      original: i,
      views: views.map((_, view) => (view + 1) * count + i),
    })),
  };
}
