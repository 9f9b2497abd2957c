import { SslError } from '@ssl/core';
import { join } from '../embed/image-set.js';
import type { ImageBytes } from '../features/features.js';
import { pictureSheet } from './picture-sheet.js';
import type { ReportPictureGrid } from './report-data.js';

export interface PictureGridInput {
  readonly title: string;
  readonly caption?: string;
  /** From left to right, each with a picture of every image, all of one shape. */
  readonly columns: readonly { readonly name: string; readonly images: ImageBytes }[];
  /** Names of the images. */
  readonly names?: readonly string[];
}

/**
 * A section of the report with a row of pictures for each image: original, masked, reconstruction.
 *
 * @throws SslError where there is no column, or columns differ in shape.
 */
export async function pictureGrid({ title, caption, columns, names }: PictureGridInput): Promise<ReportPictureGrid> {
  const shapes = [...new Set(columns.map(({ images }) => images.shape.join(' x ')))];
  const [first] = columns;
  if (first === undefined || shapes.length > 1) {
    throw new SslError(`a grid of pictures needs columns of one shape, got ${shapes.length === 0 ? 'none' : shapes.join(' and ')}. Resize the pictures to one size.`, { from: '@ssl/eval' });
  }
  const [count, height, width, channels] = first.images.shape;
  const pixels = join(new Uint8Array(columns.length * first.images.pixels.length), columns.map(({ images }) => images.pixels));
  const order = Array.from({ length: count * columns.length }, (_, tile) => (tile % columns.length) * count + Math.floor(tile / columns.length));
  return {
    title,
    ...(caption === undefined ? {} : { caption }),
    sheet: await pictureSheet({ pixels, shape: [columns.length * count, height, width, channels] }, order, columns.length),
    columns: columns.map(({ name }) => name),
    ...(names === undefined ? {} : { names }),
  };
}
