import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';

export interface InMemoryOptions {
  readonly name?: string;
  /** Pixels of all images, `[count, height, width, channels]`, rows from the top. Kept, not copied. */
  readonly pixels: Uint8Array | Uint16Array;
  readonly shape: readonly [count: number, height: number, width: number, channels: number];
  readonly classes?: readonly string[];
  readonly labels?: Int32Array;
  readonly groups?: Int32Array;
}

/**
 * A dataset of pixels that are in memory already.
 * @throws SslError where lengths do not agree.
 * @example
 * const data = inMemory({ pixels: new Uint8Array(10 * 8 * 8), shape: [10, 8, 8, 1] });
 * data.size; // 10
 */
export function inMemory(options: InMemoryOptions): Dataset {
  const { name = 'in memory', pixels, shape, classes, labels, groups } = options;
  const [size, height, width, channels] = shape;
  const perImage = height * width * channels;
  const check = (what: string, came: number, needed: number): void => {
    if (came !== needed) {
      throw dataError(`${name}: shape [${shape.join(', ')}] needs ${needed} ${what}, got ${came}. Correct the shape or the ${what}.`);
    }
  };
  check('pixel values', pixels.length, size * perImage);
  if (labels !== undefined) check('labels', labels.length, size);
  if (groups !== undefined) check('groups', groups.length, size);
  return {
    name,
    size,
    channels,
    ...(classes === undefined ? {} : { classes }),
    ...(labels === undefined ? {} : { labels }),
    ...(groups === undefined ? {} : { groups }),
    describe: (index) => `${name}[${index}]`,
    read: (index) =>
      Promise.resolve({ kind: 'raw', pixels: pixels.subarray(index * perImage, (index + 1) * perImage), width, height, channels }),
  };
}
