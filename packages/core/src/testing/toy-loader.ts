import type { BatchLoader, HostBatch, LoaderPosition } from '../batch.js';

export interface ToyLoaderOptions {
  readonly batchSize?: number;
  readonly batchesPerEpoch?: number;
  /** Side of the images. */
  readonly size?: number;
  readonly channels?: number;
}

/** Defaults of {@link toyLoader}. */
export const toyLoaderDefaults = { batchSize: 8, batchesPerEpoch: 4, size: 8, channels: 3 } as const;

/**
 * A loader of images made up on the spot: bright squares of a colour and place of their own on noise, so that two crops of
 * one image have something in common. The same (epoch, batch) gives the same bytes in every process.
 */
export function toyLoader(options: ToyLoaderOptions = {}): BatchLoader {
  const { batchSize, batchesPerEpoch, size, channels } = { ...toyLoaderDefaults, ...options };
  return {
    batchSize,
    batchesPerEpoch,
    async *batches(from: LoaderPosition) {
      for (let at = from.epoch * batchesPerEpoch + from.batch; ; at++) {
        const indices = Int32Array.from({ length: batchSize }, (_, row) => {
          const place = (at % batchesPerEpoch) * batchSize + row;
          const images = batchSize * batchesPerEpoch;
          // Another order in each epoch.
          return (place * 5 + Math.floor(at / batchesPerEpoch) * 3) % images;
        });
        await Promise.resolve();
        yield makeBatch(indices, size, channels);
      }
    },
    close: () => Promise.resolve(),
  };
}

function makeBatch(indices: Int32Array, size: number, channels: number): HostBatch {
  const bytesPerImage = size * size * channels;
  const pixels = new Uint8Array(indices.length * bytesPerImage);
  for (const [row, index] of indices.entries()) {
    pixels.set(makeImage(index, size, channels), row * bytesPerImage);
  }
  return {
    pixels,
    shape: [indices.length, size, size, channels],
    indices,
    aspects: new Float32Array(indices.length).fill(1),
  };
}

function makeImage(index: number, size: number, channels: number): Uint8Array {
  let state = (index + 1) * 2654435761;
  const random = () => {
    // xorshift32: small, and the same everywhere.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const colour = Array.from({ length: channels }, () => 60 + 195 * random());
  const half = Math.max(1, size >> 1);
  const [top, left] = [Math.floor(random() * (size - half + 1)), Math.floor(random() * (size - half + 1))];
  return Uint8Array.from({ length: size * size * channels }, (_, at) => {
    const [y, x, channel] = [Math.floor(at / (size * channels)), Math.floor(at / channels) % size, at % channels];
    const inside = y >= top && y < top + half && x >= left && x < left + half;
    return (inside ? (colour[channel]!) : 40) + 15 * random();
  });
}
