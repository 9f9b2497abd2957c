/** Pixels, channels last. */
export interface PixelGrid {
  readonly pixels: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/** What the pixels of one axis are of, where they were made smaller before. */
export interface AxisContent {
  /** Where the content begins and how long it is, in pixels, with fractions and beyond the ends; all pixels where left out. */
  readonly start?: number;
  readonly length?: number;
  /** Half-width of the triangle that each pixel is the mean of already, in pixels; 0 where left out. */
  readonly blur?: number;
}

/**
 * Bilinear resize as torchvision and PIL do it with antialiasing: output pixel o is the mean of the input pixels around
 * `(o + 1/2) scale - 1/2`, weighted with a triangle of half-width `max(scale, 1)`.
 */
export function resizeBilinear(grid: PixelGrid, newWidth: number, newHeight: number, across: AxisContent = {}, down: AxisContent = {}): Uint8Array | Uint16Array {
  const { pixels, width, height, channels } = grid;
  if (width === newWidth && height === newHeight && across.length === undefined && down.length === undefined) return pixels;
  const columns = taps(width, newWidth, across);
  const rows = taps(height, newHeight, down);
  const line = newWidth * channels;
  const wide = channels === 3 ? acrossColour(grid, columns, newWidth) : acrossAny(grid, columns, newWidth);
  const result = pixels instanceof Uint16Array ? new Uint16Array(newHeight * line) : new Uint8Array(newHeight * line);
  const sums = new Float32Array(line);
  for (let y = 0; y < newHeight; y += 1) {
    sums.fill(0.5); // stored as whole numbers, so this rounds
    for (let k = 0; k < rows.counts[y]!; k += 1) {
      const weight = rows.weights[y * rows.most + k]!;
      const from = (rows.first[y]! + k) * line;
      for (let x = 0; x < line; x += 1) sums[x]! += weight * wide[from + x]!;
    }
    for (let x = 0, to = y * line; x < line; x += 1, to += 1) result[to] = sums[x]!;
  }
  return result;
}

function acrossColour({ pixels, width, height }: PixelGrid, columns: Taps, newWidth: number): Float32Array {
  const { first, counts, weights, most } = columns;
  const wide = new Float32Array(height * newWidth * 3);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < newWidth; x += 1, to += 3) {
      let [red, green, blue] = [0, 0, 0];
      const end = x * most + counts[x]!;
      for (let k = x * most, from = (y * width + first[x]!) * 3; k < end; k += 1, from += 3) {
        const weight = weights[k]!;
        red += weight * pixels[from]!;
        green += weight * pixels[from + 1]!;
        blue += weight * pixels[from + 2]!;
      }
      wide[to] = red;
      wide[to + 1] = green;
      wide[to + 2] = blue;
    }
  }
  return wide;
}

function acrossAny({ pixels, width, height, channels }: PixelGrid, columns: Taps, newWidth: number): Float32Array {
  const { first, counts, weights, most } = columns;
  const wide = new Float32Array(height * newWidth * channels);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const end = x * most + counts[x]!;
      for (let channel = 0; channel < channels; channel += 1, to += 1) {
        let sum = 0;
        for (let k = x * most, from = (y * width + first[x]!) * channels + channel; k < end; k += 1, from += channels) sum += weights[k]! * pixels[from]!;
        wide[to] = sum;
      }
    }
  }
  return wide;
}

interface Taps {
  /** First input pixel of each output position, and how many there are. */
  readonly first: Int32Array;
  readonly counts: Int32Array;
  /** Their weights, `most` places for each output position. */
  readonly weights: Float32Array;
  readonly most: number;
}

function taps(length: number, newLength: number, { start = 0, length: content = length, blur = 0 }: AxisContent): Taps {
  const scale = content / newLength;
  // Of triangles one after another the squared widths add up.
  const support = Math.sqrt(Math.max(1, Math.max(scale, 1) ** 2 - blur ** 2));
  const most = Math.ceil(2 * support) + 1;
  const first = new Int32Array(newLength);
  const counts = new Int32Array(newLength);
  const weights = new Float32Array(newLength * most);
  for (let o = 0; o < newLength; o += 1) {
    const centre = Math.min(Math.max(start + (o + 0.5) * scale, 0.5), length - 0.5);
    const from = Math.max(0, Math.floor(centre - support + 0.5));
    const to = Math.max(from + 1, Math.min(length, Math.floor(centre + support + 0.5)));
    let sum = 0;
    for (let k = from; k < to; k += 1) {
      const weight = Math.max(0, 1 - Math.abs((k + 0.5 - centre) / support));
      weights[o * most + k - from] = weight;
      sum += weight;
    }
    for (let k = from; k < to; k += 1) weights[o * most + k - from]! /= sum;
    first[o] = from;
    counts[o] = to - from;
  }
  return { first, counts, weights, most };
}
