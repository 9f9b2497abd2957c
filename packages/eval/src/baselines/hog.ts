import { SslError } from '@ssl/core';
import type { Features, ImageBytes } from '../features/features.js';
import { checkImages } from './check-images.js';
import { normaliseBlock, type BlockNorm } from './hog-block.js';
import { strongestGradients } from './hog-gradients.js';

export interface HogOptions {
  /** Directions of the gradient, without sign, over 180 degrees. */
  readonly orientations?: number;
  /**
   * Height and width of a cell in pixels; what does not fill a cell is cut off at the right and below. Left out: an eighth of the
   * shorter side, so that the descriptor does not depend on the size at which images were loaded.
   */
  readonly cellSize?: number;
  /** Height and width in cells of a block, within which contrast is normalised; blocks overlap. */
  readonly blockSize?: number;
  readonly blockNorm?: BlockNorm;
}

/** The strongest of those that were tried on the emoji set, see the README: smaller blocks than scikit-image's default. */
export const hogDefaults = { orientations: 9, blockSize: 2, blockNorm: 'L2-Hys' } as const satisfies HogOptions;

/**
 * Histograms of oriented gradients: shape without colour, the strongest baseline made by hand. The numbers are those of
 * scikit-image's `hog` (`channel_axis=-1`: of each pixel the channel with the strongest gradient counts).
 *
 * @param images Bytes, `[count, height, width, channels]`.
 * @returns `[count, blocks down * blocks across * blockSize ** 2 * orientations]`.
 * @throws SslError where not even one block fits into an image.
 * @see Dalal and Triggs 2005, "Histograms of Oriented Gradients for Human Detection".
 */
export function hog(images: ImageBytes, options: HogOptions = {}): Features {
  checkImages(images);
  const [count, height, width, channels] = images.shape;
  const eighth = Math.max(1, Math.floor(Math.min(height, width) / 8));
  const { orientations, cellSize, blockSize, blockNorm } = { cellSize: eighth, ...hogDefaults, ...options };
  const down = Math.floor(height / cellSize);
  const across = Math.floor(width / cellSize);
  const positive = [orientations, cellSize, blockSize].every((value) => Number.isInteger(value) && value > 0);
  if (!positive || down < blockSize || across < blockSize) {
    throw new SslError(
      `HOG needs whole positive options and images of at least blockSize * cellSize pixels (${String(blockSize)} * ${String(cellSize)}), got ${String(height)} x ${String(width)} and ${String(orientations)} orientations. ` +
        'Use smaller cells or blocks.',
      { from: '@ssl/eval' },
    );
  }
  const blockLength = blockSize * blockSize * orientations;
  const dimension = (down - blockSize + 1) * (across - blockSize + 1) * blockLength;
  const values = new Float32Array(count * dimension);
  const size = height * width * channels;
  const block = new Float64Array(blockLength);
  for (let image = 0; image < count; image++) {
    const pixels = images.pixels.subarray(image * size, (image + 1) * size);
    const cells = cellHistograms(pixels, { height, width, channels, down, across, cellSize, orientations });
    let at = image * dimension;
    for (let row = 0; row + blockSize <= down; row++) {
      for (let column = 0; column + blockSize <= across; column++) {
        for (let i = 0; i < blockSize; i++) {
          const start = ((row + i) * across + column) * orientations;
          block.set(cells.subarray(start, start + blockSize * orientations), i * blockSize * orientations);
        }
        normaliseBlock(block, blockNorm);
        values.set(block, at);
        at += blockLength;
      }
    }
  }
  return { values, count, dimension };
}

interface CellGrid {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly down: number;
  readonly across: number;
  readonly cellSize: number;
  readonly orientations: number;
}

/** Mean gradient magnitude of each direction in each cell, `[down, across, orientations]`. */
function cellHistograms(pixels: Uint8Array, grid: CellGrid): Float64Array {
  const { height, width, channels, down, across, cellSize, orientations } = grid;
  const { magnitude, degrees } = strongestGradients(pixels, height, width, channels);
  const cells = new Float64Array(down * across * orientations);
  for (let y = 0; y < down * cellSize; y++) {
    for (let x = 0; x < across * cellSize; x++) {
      const bin = Math.floor((degrees[y * width + x]! * orientations) / 180);
      if (bin >= orientations) continue; // 180 degrees after rounding: scikit-image drops it too
      cells[(Math.floor(y / cellSize) * across + Math.floor(x / cellSize)) * orientations + bin]! += magnitude[y * width + x]!;
    }
  }
  return cells.map((sum) => sum / (cellSize * cellSize));
}
