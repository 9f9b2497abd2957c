import { availableParallelism } from 'node:os';
import type { BrokenImages } from './broken-images.js';
import type { Dataset } from './dataset.js';
import { decodeDefaults, decodeImage, type DecodeOptions } from './decode-image.js';

export interface ImageReaderOptions extends Pick<DecodeOptions, 'fit' | 'exact' | 'background' | 'pixelLimit'> {
  /** Side of the squares, in pixels. */
  readonly size: number;
  /** Channels of a batch; the dataset's own number if left out. */
  readonly channels?: number;
  /** Images that are read and decoded at a time. */
  readonly workers?: number;
  /** Seconds after which an image that does not arrive counts as broken. */
  readonly timeoutSeconds?: number;
  /** Decoded images are kept in memory where the whole set takes no more than this many bytes. */
  readonly cacheBytes?: number;
}

export const imageReaderDefaults: Required<Omit<ImageReaderOptions, 'size' | 'channels' | 'workers'>> = {
  fit: decodeDefaults.fit,
  exact: decodeDefaults.exact,
  background: decodeDefaults.background,
  pixelLimit: decodeDefaults.pixelLimit,
  timeoutSeconds: decodeDefaults.timeoutSeconds,
  cacheBytes: 2 ** 30,
};

/** Reads images of a dataset into places of a batch. */
export interface ImageReader {
  readonly bytesPerImage: number;
  /**
   * Decodes image `index` into `pixels` from `offset` on.
   * @returns Width over height of the original, or undefined where the image is broken (then it is recorded) or where
   * `signal` was given before its turn came.
   */
  read(index: number, pixels: Uint8Array, offset: number, signal: AbortSignal): Promise<number | undefined>;
  /** Waits until nothing is being read. */
  readonly idle: () => Promise<void>;
}

/** Makes the reader that loaders share: at most `workers` images at a time, with time limit and memory of small sets. */
export function imageReader(dataset: Dataset, broken: BrokenImages, options: ImageReaderOptions): ImageReader {
  const { size, workers = availableParallelism(), ...wanted } = { ...imageReaderDefaults, ...options };
  const channels = options.channels ?? dataset.channels;
  const bytesPerImage = size * size * channels;
  const cached = dataset.size * bytesPerImage <= wanted.cacheBytes;
  let cache: { readonly pixels: Uint8Array; readonly aspects: Float32Array } | undefined; // aspect 0: not there yet
  const decodeOptions = { ...wanted, size, channels, depth: 8 } as const;
  const enter = limiter(workers);

  const decode = async (index: number): Promise<{ pixels: Uint8Array; aspect: number }> => {
    const image = await decodeImage(await dataset.read(index), decodeOptions);
    return { pixels: image.pixels as Uint8Array, aspect: image.aspect };
  };

  return {
    bytesPerImage,
    async read(index, pixels, offset, signal) {
      if (broken.has(index)) return undefined;
      const known = cache?.aspects[index];
      if (cache !== undefined && known !== undefined && known > 0) {
        pixels.set(cache.pixels.subarray(index * bytesPerImage, (index + 1) * bytesPerImage), offset);
        return known;
      }
      const leave = await enter.enter();
      try {
        if (signal.aborted) return undefined;
        const image = await withTimeout(decode(index), wanted.timeoutSeconds);
        pixels.set(image.pixels, offset);
        if (cached) {
          cache ??= { pixels: new Uint8Array(dataset.size * bytesPerImage), aspects: new Float32Array(dataset.size) };
          cache.pixels.set(image.pixels, index * bytesPerImage);
          cache.aspects[index] = image.aspect;
        }
        return image.aspect;
      } catch (error) {
        broken.add({ index, name: dataset.describe(index), reason: oneLine(error) });
        return undefined;
      } finally {
        leave();
      }
    },
    idle: enter.idle,
  };
}

function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replaceAll(/\s*\n\s*/g, ' ').slice(0, 300);
}

async function withTimeout<T>(work: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`did not arrive within ${seconds} s (option timeoutSeconds)`));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Lets at most `most` callers in at a time, first come, first served. */
function limiter(most: number): { readonly enter: () => Promise<() => void>; readonly idle: () => Promise<void> } {
  let inside = 0;
  const waiting: (() => void)[] = [];
  const idle: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next !== undefined) next();
    else {
      inside -= 1;
      if (inside === 0) for (const tell of idle.splice(0)) tell();
    }
  };
  return {
    async enter() {
      if (inside < most) inside += 1;
      else
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
        });
      return leave;
    },
    idle: () =>
      inside === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            idle.push(resolve);
          }),
  };
}
