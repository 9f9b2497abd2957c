import { SslError } from '@ssl/core';
import type { ImageBytes } from '../features/features.js';
import type { PictureGridInput } from '../report/picture-grid.js';
import type { ClassAttention } from './class-attention.js';
import { heat } from './heat.js';
import { topMass } from './top-mass.js';

export interface AttentionPicturesInput {
  /** Of 1 or 3 channels, in the order of the attention. */
  readonly images: ImageBytes;
  readonly attention: ClassAttention;
  /** Heads that are shown, the first ones. */
  readonly shown?: number;
  /** Share of the attention whose patches stay bright in the last column. */
  readonly share?: number;
  /** How maps are enlarged to the image. */
  readonly enlarge?: 'bilinear' | 'nearest';
}

export const attentionPicturesDefaults = { shown: 6, share: 0.6, enlarge: 'bilinear' } as const;

/** How dark a patch is that has none of the top attention. */
const dimmed = 0.15;

/**
 * Columns for {@link pictureGrid}: the image, the map of each head as heat over it (black to white through red and yellow, each map from its
 * lowest to its highest value), and the image with all but the patches dark that hold most of the heads' mean attention.
 *
 * @throws SslError for images of other than 1 or 3 channels, or another number of them.
 * @see Caron et al. 2021 (DINO), figures 1 and 3 (60 % of the mass).
 */
export function attentionPictures(input: AttentionPicturesInput): PictureGridInput['columns'] {
  const { images, attention, shown, share, enlarge } = { ...attentionPicturesDefaults, ...input };
  const [count, height, width, channels] = images.shape;
  const [batch, heads, rows, columns] = attention.shape;
  if ((channels !== 1 && channels !== 3) || count !== batch) {
    throw new SslError(
      `attention pictures need images of 1 or 3 channels, one for each map; got ${String(count)} images of ${String(channels)} channels and maps of ${String(batch)}. Choose three channels to show.`,
      { from: '@ssl/eval' },
    );
  }
  const patches = rows * columns;
  const mapOf = (image: number, head: number): Float32Array => attention.values.subarray((image * heads + head) * patches, (image * heads + head + 1) * patches);
  const size = height * width;
  const colour = (image: number, pixel: number, channel: number): number => images.pixels[(image * size + pixel) * channels + (channels === 3 ? channel : 0)]!;
  const draw = (paint: (image: number) => (pixel: number, channel: number) => number): ImageBytes => {
    const pixels = new Uint8Array(count * size * 3);
    for (let image = 0; image < count; image++) {
      const at = paint(image);
      for (let pixel = 0; pixel < size; pixel++) for (let channel = 0; channel < 3; channel++) pixels[(image * size + pixel) * 3 + channel] = Math.round(at(pixel, channel));
    }
    return { pixels, shape: [count, height, width, 3] };
  };
  const headColumn = (head: number): ImageBytes =>
    draw((image) => {
      const large = enlarged(stretched(mapOf(image, head)), [rows, columns], [height, width], enlarge);
      // Half heat, half the image in grey.
      return (pixel, channel) => 0.7 * heat(large[pixel]!)[channel]! + 0.3 * ((colour(image, pixel, 0) + colour(image, pixel, 1) + colour(image, pixel, 2)) / 3);
    });
  const masked = draw((image) => {
    const mean = Float32Array.from({ length: patches }, (_, patch) => Array.from({ length: heads }, (_unused, head) => mapOf(image, head)[patch]!).reduce((sum, value) => sum + value, 0) / heads);
    const kept = enlarged(Float32Array.from(topMass(mean, share)), [rows, columns], [height, width], 'nearest');
    return (pixel, channel) => colour(image, pixel, channel) * (kept[pixel] === 1 ? 1 : dimmed);
  });
  return [
    { name: 'Image', images: draw((image) => (pixel, channel) => colour(image, pixel, channel)) },
    ...Array.from({ length: Math.min(heads, shown) }, (_, head) => ({ name: `Head ${String(head + 1)}`, images: headColumn(head) })),
    { name: `Top ${String(Math.round(100 * share))} %`, images: masked },
  ];
}

/** From 0 to 1; 0 where all are equal. */
function stretched(map: Float32Array): Float32Array {
  const lowest = Math.min(...map);
  const range = Math.max(...map) - lowest;
  return map.map((value) => (range === 0 ? 0 : (value - lowest) / range));
}

/** A map at the size of the image; pixel centres on patch centres. */
function enlarged(map: Float32Array, [rows, columns]: readonly [number, number], [height, width]: readonly [number, number], how: 'bilinear' | 'nearest'): Float32Array {
  const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
  return Float32Array.from({ length: height * width }, (_, pixel) => {
    const y = ((Math.floor(pixel / width) + 0.5) * rows) / height - 0.5;
    const x = (((pixel % width) + 0.5) * columns) / width - 0.5;
    const at = (row: number, column: number): number => map[clamp(row, rows - 1) * columns + clamp(column, columns - 1)]!;
    if (how === 'nearest') return at(Math.round(y), Math.round(x));
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [down, right] = [y - top, x - left];
    return (1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) + down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1));
  });
}
