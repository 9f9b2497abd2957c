import { epochOrder } from './epoch-order.js';
import { sectionOf } from './section-of.js';

/**
 * The shuffled order of one epoch for a set that is read in pieces: the pieces come in random order, and the images of `window`
 * pieces at a time are mixed. Memory grows with the number of pieces only. Like {@link epochOrder}, it depends on its arguments
 * only.
 *
 * @param size Number of images.
 * @param starts First image of each piece, rising, `starts[0]` is 0.
 * @param window Pieces that are mixed with each other.
 */
export function piecewiseOrder(
  size: number,
  { starts, window }: { readonly starts: Float64Array; readonly window: number },
  seed: number,
  epoch: number,
): (position: number) => number {
  const pieces = epochOrder(starts.length, seed, epoch);
  const lengthOf = (piece: number): number => (starts[piece + 1] ?? size) - (starts[piece] ?? 0);
  const begins = new Float64Array(starts.length); // first position of the k-th piece in shuffled order
  for (let k = 0, position = 0; k < starts.length; k += 1) {
    begins[k] = position;
    position += lengthOf(pieces(k));
  }
  let mixed = { first: -1, order: (position: number) => position };
  return (position) => {
    const first = Math.floor(sectionOf(begins, position) / window) * window;
    const begin = begins[first] ?? 0;
    if (mixed.first !== first) {
      const end = begins[first + window] ?? size;
      mixed = { first, order: epochOrder(end - begin, seed + 1 + first, epoch) };
    }
    const target = begin + mixed.order(position - begin);
    const k = sectionOf(begins, target);
    return (starts[pieces(k)] ?? 0) + target - (begins[k] ?? 0);
  };
}
