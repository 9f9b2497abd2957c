/** What is looked at of each of some images. */
export interface ImageFacts {
  /** Shorter side in pixels. */
  readonly side: number;
  readonly bands: number;
  /** Three channels can be taken of more bands. */
  readonly coloured: boolean;
  /** Least and largest value of all but a thousandth, as parts of the range from black to white. */
  readonly low: number;
  readonly high: number;
  /** All values are the same. */
  readonly constant: boolean;
  /** The same for the same picture. */
  readonly mark: string;
  /** Stored values that became black and white. */
  readonly range: readonly [number, number];
  /** Pages or frames of the file. */
  readonly pages: number;
}

/** One thing about the values of a set that a user should look at before training. */
export interface DataWarning {
  readonly kind: 'small range' | 'constant' | 'same image' | 'several ranges' | 'bands left out' | 'pages left out';
  readonly text: string;
}

/**
 * Part of the range below which images are said to use a small part of it: 12 bits in 16 use a sixteenth. Of 24 emoji, of Fashion-MNIST and of
 * photos together, nine tenths of the range or more are used.
 */
const smallRange = 1 / 8;

/** What the values of some images together say; nothing for a healthy set. */
export function dataWarnings(images: readonly ImageFacts[]): DataWarning[] {
  const [first] = images;
  if (first === undefined) return [];
  const warnings: DataWarning[] = [];
  const warn = (kind: DataWarning['kind'], text: string): void => {
    warnings.push({ kind, text });
  };
  const looked = `${String(images.length)} images that were looked at`;
  const constant = images.filter((image) => image.constant).length;
  const same = images.length > 1 && images.every(({ mark }) => mark === first.mark);
  if (same) warn('same image', `The ${looked} are all the same picture. Check the folder, or how the images were written.`);
  if (constant > images.length / 2) {
    warn('constant', `${constant === images.length ? `The ${looked}` : `${String(constant)} of the ${looked}`} have one value throughout, such as black: there is nothing to learn from. Check how they were written, and whether their values are whole numbers.`);
  }
  const ranges = [...new Set(images.map(({ range }) => range.join(' to ')))];
  // Of nine tenths of the images: one that was damaged or overexposed does not hide the others.
  const most = Math.max(0, Math.ceil(0.9 * images.length) - 1);
  const low = images.map((image) => image.low).sort((a, b) => b - a)[most] ?? 0;
  const high = images.map((image) => image.high).sort((a, b) => a - b)[most] ?? 1;
  if (constant <= images.length / 2 && high - low < smallRange) warn('small range', smallRangeText(low, high, ranges.length === 1 ? first.range : undefined));
  const undeclared = ranges.filter((range) => range === '0 to 1' || range === '0 to 255');
  if (undeclared.length === 2) {
    warn('several ranges', 'Some images have values from 0 to 1 and some from 0 to 255, which were taken for black to white in each. If all of them were written in the same way, give that range with --range 0,255.');
  }
  const more = Math.max(...images.map(({ bands, coloured }) => (coloured ? bands : 0)));
  if (more > 3) warn('bands left out', `The images have ${String(more)} bands, of which the first three (red, green, blue) are used unless --channels says more. Use --channels ${String(more)} for all of them.`);
  const pages = images.filter((image) => image.pages > 1);
  if (pages.length > 0) {
    const longest = Math.max(...pages.map((image) => image.pages));
    warn('pages left out', `${String(pages.length)} of the ${looked} have several pages or frames, up to ${String(longest)}, of which the first is used. Write each page into a file of its own to use them all.`);
  }
  return warnings;
}

function smallRangeText(low: number, high: number, range: readonly [number, number] | undefined): string {
  const begin = `The images use ${percent(high - low)} of the range from black to white`;
  if (range === undefined) return `${begin}. Write them so that they use more of it, all in the same way.`;
  const [black, white] = range;
  const stored = (part: number): number => black + part * (white - black);
  const [least, most] = white > 1 ? [Math.floor(stored(low)), Math.ceil(stored(high))] : [stored(low), stored(high)];
  const reached = black === 0 && low < smallRange && white > 255 ? 2 ** Math.ceil(Math.log2(Math.max(1, most) + 1)) - 1 : most;
  const begun = low < smallRange && black === 0 ? 0 : least;
  const [from, to] = [begun, Math.max(reached, begun + (white > 1 ? 1 : 1e-3))].map((value) => String(Number(value.toPrecision(6))));
  return `${begin}: nearly all values lie between ${String(Number(least.toPrecision(4)))} and ${String(Number(most.toPrecision(4)))} of ${String(black)} to ${String(white)}${high < smallRange ? ', so they look almost black' : ''}. Use --range ${from!},${to!} to spread these, in all images alike.`;
}

function percent(part: number): string {
  const value = 100 * part;
  return `${value >= 1 ? String(Math.round(value)) : value.toFixed(1)} %`;
}
