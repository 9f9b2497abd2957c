import { UsageError } from '../usage-error.js';

/** Patches of a row stand for about as many pixels as in the published networks: 14 in a row at 224 pixels, 8 at 32 and 64. */
const leastInRow = 8;
const usual = [16, 8, 4, 2, 1];
/** A patch may be that much larger or smaller than the usual one: a few times as many tokens or as few is another network. */
const tolerance = 1.5;

/** Above so many patches an image, time and memory, which grow with the square, are worth a warning: 45 in a row. */
export const manyPatches = 2048;

/**
 * Side of the patches that a Vision Transformer of the command line gets for images of `imageSize` pixels: 16, smaller ones where
 * fewer than 8 would stand in a row, or the number nearest to that which divides the image.
 *
 * @returns Nothing where no sensible patch divides the image: 1 pixel at 33 pixels would make 1,089 tokens.
 */
export function patchSizeFor(imageSize: number): number | undefined {
  const wanted = usual.find((size) => imageSize / size >= leastInRow) ?? 1;
  const distance = (size: number): number => Math.abs(Math.log(size / wanted));
  const fitting = Array.from({ length: Math.ceil(wanted * tolerance) }, (_, i) => i + 1).filter((size) => imageSize % size === 0 && distance(size) <= Math.log(tolerance));
  return fitting.sort((a, b) => distance(a) - distance(b))[0];
}

/**
 * The patches of a new run.
 *
 * @throws UsageError where no sensible patch divides the image, with the nearest sizes that have one.
 */
export function requirePatchSize(imageSize: number): number {
  const patchSize = patchSizeFor(imageSize);
  if (patchSize !== undefined) return patchSize;
  const [below, above] = sizesThatFit(imageSize);
  throw new UsageError(`A Vision Transformer needs images that patches of a sensible size divide, --image-size ${String(imageSize)} has none. Use --image-size ${String(below)} or ${String(above)}, or a network without patches (small-conv, resnet18).`);
}

/** The patches of a run: what its description says, or in those of earlier versions, which do not say it, what was taken then. */
export function patchSizeOfRun({ imageSize, patchSize }: { readonly imageSize: number; readonly patchSize?: number }): number {
  return patchSize ?? [16, 8, 4, 2].find((size) => imageSize % size === 0 && imageSize / size >= leastInRow) ?? 1;
}

/** The nearest sizes below and above whose patches are usual ones: for messages. */
export function sizesThatFit(imageSize: number): readonly [number, number] {
  const nearest = (step: -1 | 1): number => {
    let size = imageSize + step;
    while (!usual.includes(patchSizeFor(size) ?? 0)) size += step;
    return size;
  };
  return [nearest(-1), nearest(1)];
}
