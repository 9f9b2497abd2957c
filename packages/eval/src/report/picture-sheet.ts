import { SslError } from '@ssl/core';
import sharp from 'sharp';
import { checkImages } from '../baselines/check-images.js';
import type { ImageBytes } from '../features/features.js';
import type { PictureSheet } from './report-data.js';

/** Pixels of each picture's edge that are repeated around it, so that scaling never mixes neighbours. */
const margin = 1;

/**
 * Packs pictures of one size into one PNG.
 *
 * @param images Bytes, `[count, height, width, channels]`; of more than 3 channels the first three are shown, of 2 the first.
 * @param rows Which images, in the order of the tiles; all if left out.
 * @param across Pictures in a row of the sheet; about as many as there are rows if left out.
 * @throws SslError where a row is not in the set.
 * @example
 * const sheet = await pictureSheet(images, [0, 17, 4]); // tile 1 is image 17
 */
export async function pictureSheet(images: ImageBytes, rows?: readonly number[], across?: number): Promise<PictureSheet> {
  checkImages(images);
  const [count, height, width, channels] = images.shape;
  const chosen = rows ?? Array.from({ length: count }, (_, row) => row);
  const missing = chosen.find((row) => !Number.isInteger(row) || row < 0 || row >= count);
  if (missing !== undefined || chosen.length === 0) {
    throw new SslError(
      `a picture sheet needs rows of 0..${String(count - 1)}, got ${missing === undefined ? 'none' : String(missing)}. Choose pictures of this set.`,
      { from: '@ssl/eval' },
    );
  }
  const columns = across ?? Math.ceil(Math.sqrt(chosen.length));
  const tileRows = Math.ceil(chosen.length / columns);
  const shown = channels >= 3 ? 3 : 1;
  const cellWidth = width + 2 * margin;
  const cellHeight = height + 2 * margin;
  const sheetWidth = columns * cellWidth;
  const pixels = new Uint8Array(sheetWidth * tileRows * cellHeight * shown);
  chosen.forEach((row, tile) => {
    const left = (tile % columns) * cellWidth;
    const top = Math.floor(tile / columns) * cellHeight;
    for (let y = 0; y < cellHeight; y++) {
      const sourceY = Math.min(Math.max(y - margin, 0), height - 1);
      for (let x = 0; x < cellWidth; x++) {
        const sourceX = Math.min(Math.max(x - margin, 0), width - 1);
        const from = ((row * height + sourceY) * width + sourceX) * channels;
        pixels.set(images.pixels.subarray(from, from + shown), ((top + y) * sheetWidth + left + x) * shown);
      }
    }
  });
  const png = await sharp(pixels, { raw: { width: sheetWidth, height: tileRows * cellHeight, channels: shown as 1 | 2 | 3 | 4 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
  return {
    png: `data:image/png;base64,${png.toString('base64')}`,
    columns,
    rows: tileRows,
    tileWidth: width,
    tileHeight: height,
    margin,
    count: chosen.length,
  };
}
