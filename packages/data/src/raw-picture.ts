import type { PixelGrid } from './resize-bilinear.js';

/** Pixels of a file that libvips does not read, or not as they are meant. */
export interface RawPicture extends PixelGrid {
  /** Bands that the file holds, its alpha among them. */
  readonly bands: number;
  /** The first three bands are red, green and blue, whatever follows. */
  readonly colour: boolean;
  /** Stored values that became black and white. */
  readonly range: readonly [number, number];
  /** Pages of the file, the first of which this is. */
  readonly pages?: number;
}
