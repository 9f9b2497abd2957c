import type { PixelGrid } from './resize-bilinear.js';

/** Turns and mirrors pixels as an EXIF orientation, 1 to 8, says; others leave them as they are. */
export function orientPixels<Grid extends PixelGrid>(grid: Grid, orientation: number): Grid {
  if (!(orientation >= 2 && orientation <= 8)) return grid;
  const { pixels, width, height, channels } = grid;
  const swapped = orientation >= 5;
  const [newWidth, newHeight] = swapped ? [height, width] : [width, height];
  const result = pixels.slice();
  const fromRight = [2, 3, 7, 8].includes(orientation); // of the stored columns
  const fromBottom = [3, 4, 6, 7].includes(orientation);
  for (let y = 0; y < newHeight; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const from = ((fromBottom ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column)) * channels;
      result.set(pixels.subarray(from, from + channels), (y * newWidth + x) * channels);
    }
  }
  return { ...grid, pixels: result, width: newWidth, height: newHeight };
}
