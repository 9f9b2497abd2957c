/** What is measured of a sample of images and of their views. */
export interface ViewMeasures {
  /** Side of the squares that the network sees, in pixels. */
  readonly imageSize: number;
  /** Width and height of each original, in pixels. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Of each original: part of its area outside the smallest box that holds everything that is not white, 0 to 1. */
  readonly borders: readonly number[];
  /** Of each original: part of its pixels that have a colour, 0 to 1. */
  readonly coloured: readonly number[];
  /** Distances of pairs of views; left out where a method has one view of each image. */
  readonly pairs?: PairMeasures;
}

/** How far apart views are, in coarse pictures (see `measurePairs`). */
export interface PairMeasures {
  /** Images that were compared. */
  readonly images: number;
  /** Mean distance of two views of one image over that of views of two images: 0 where they are the same, 1 where they are strangers. */
  readonly distance: number;
  /** How often the view of the same image is nearer than that of another one: 1 always, 0.5 by chance. */
  readonly recognised: number;
}

/** One thing that a user should look at before training. */
export interface ViewWarning {
  readonly kind: 'identical' | 'unrelated' | 'white border' | 'grey' | 'tiny' | 'mixed sizes';
  readonly text: string;
}

/**
 * Limits of {@link viewWarnings}, from measurements at 32 pixels, 200 images each.
 *
 * - `identical`: distance 0 without augmentation or with flips alone, .09 (emoji and Fashion-MNIST) with crops from 90 % of the
 *   area and no colour, .30 to .35 with crops from half of it; .63 to .86 with the presets.
 * - `unrelated`: recognised .62 to .78 with the presets (emoji, Fashion-MNIST), .51 to .55 with crops of 2 % or less of the
 *   area of emoji, .48 to .54 for images of noise, whatever the preset. The standard error is .02 for 200 images, so few images are not judged.
 * - `border`: the median is .18 for emoji (drawings on white, nine in ten below .38), 0 for photos and Fashion-MNIST; above .5
 *   most random crops show mostly nothing.
 * - `coloured`: nine in ten emoji have a colour in 16 % of their pixels or more; grey images in none, also after JPEG.
 * - `side`: below 16 pixels a crop of 8 % of the area has fewer than 5 x 5 pixels. `enlarged`: Fashion-MNIST at 32 pixels is
 *   enlarged 1.1 times; from 2 on three pixels of four are made up and cost their time.
 * - `spread`: longest over shortest of the middle 80 % of the images; photos of one camera or data set stay below 2.
 */
export const viewWarningLimits = {
  identical: 0.15,
  unrelated: 0.56,
  imagesToJudge: 64,
  border: 0.5,
  coloured: 0.01,
  side: 16,
  enlarged: 2,
  spread: 4,
} as const;

/** What is wrong with a set or its views, most of it visible on the contact sheet; nothing for a healthy one. */
export function viewWarnings({ imageSize, sizes, borders, coloured, pairs }: ViewMeasures): ViewWarning[] {
  const limits = viewWarningLimits;
  const warnings: ViewWarning[] = [];
  const warn = (kind: ViewWarning['kind'], text: string): void => {
    warnings.push({ kind, text });
  };
  if (pairs !== undefined && pairs.distance < limits.identical) {
    warn(
      'identical',
      `Two views of one image are nearly identical (${percent(pairs.distance)} as far apart as views of different images), so telling which belong together teaches nothing. Use stronger crops and colour changes: --preset simclr shows the usual ones.`,
    );
  } else if (pairs !== undefined && pairs.images >= limits.imagesToJudge && pairs.recognised < limits.unrelated) {
    warn(
      'unrelated',
      `Two views of one image are nearly unrelated (nearer than views of different images in ${percent(pairs.recognised)} of the cases, 50 % is chance). Crop from a larger part of the image, or look at the page: images without anything that can be recognised look like this too.`,
    );
  }
  const border = median(borders);
  if (border > limits.border) {
    warn('white border', `Half of the images are white border for ${percent(border)} of their area or more, so many crops show nothing. Cut the border off.`);
  }
  const grey = share(coloured, (part) => part < limits.coloured);
  if (grey > 0.5) {
    warn(
      'grey',
      `${percent(grey)} of the images are grey: of the colour changes only brightness and contrast work on them. Train with --channels 1 if all are; if some are coloured, colour alone tells these apart.`,
    );
  }
  const shorter = sizes.map(([width, height]) => Math.min(width, height));
  const side = median(shorter);
  if (side < limits.side || imageSize / side >= limits.enlarged) {
    warn(
      'tiny',
      side < limits.side
        ? `The images are tiny, about ${String(side)} pixels: a crop has hardly any pixels left. Use larger ones if there are any.`
        : `The images are tiny for ${String(imageSize)} pixels: about ${String(side)}, so most of what the network sees is made up. Use --image-size ${String(Math.max(8, side))}, or larger images.`,
    );
  }
  const longer = sizes.map(([width, height]) => Math.max(width, height));
  const [low, high] = [quantile(shorter, 0.1), quantile(longer, 0.9)];
  const spread = Math.max(ratioOf(shorter), ratioOf(longer));
  if (spread >= limits.spread) {
    warn(
      'mixed sizes',
      `The images are of mixed sizes, from ${String(low)} to ${String(high)} pixels without the outer tenths: small ones become blurred, large ones lose detail, and sharpness tells them apart. Leave the smallest out.`,
    );
  }
  return warnings;
}

/** Ninth decile over first. */
function ratioOf(values: readonly number[]): number {
  return values.length === 0 ? 1 : quantile(values, 0.9) / quantile(values, 0.1);
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], at: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(at * values.length))] ?? NaN;
}

function share<Value>(values: readonly Value[], holds: (value: Value) => boolean): number {
  return values.length === 0 ? 0 : values.filter(holds).length / values.length;
}

function percent(part: number): string {
  return `${String(Math.round(100 * part))} %`;
}
