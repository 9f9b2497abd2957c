/** Uniform numbers in [0, 1) that one exploration takes: for each number of a policy whether, how and in which direction it changes. */
export const exploreDraws = 3;

/** Chance of a number to be drawn anew; the others move by 0 to 3 in either direction. */
const resampled = 0.2;
const longestStep = 3;

/**
 * PBA's explore step: each number of the policy is drawn anew with 0.2, and else moved by 0, 1, 2 or 3 up or down and clipped.
 * Probabilities (even places) are 0 to 10, levels (odd places) 0 to 9, as in the authors' code.
 *
 * @param policy - probability and level of each operation, in turn.
 * @param uniforms - `policy.length * exploreDraws` numbers in [0, 1).
 * @example
 * ```ts
 * explorePbaPolicy([4, 2], [0.9, 0.6, 0.7, 0.1, 0.5, 0]); // [6, 5]: 4 goes 2 up, 2 is drawn anew
 * ```
 * Ho et al. 2019, arXiv:1905.05393, algorithm 2.
 */
export function explorePbaPolicy(policy: readonly number[], uniforms: ArrayLike<number>): number[] {
  return policy.map((value, place) => {
    const [whether = 1, how = 0, direction = 0] = Array.from({ length: exploreDraws }, (_, draw) => uniforms[exploreDraws * place + draw]);
    const highest = place % 2 === 0 ? 10 : 9;
    if (whether < resampled) return Math.floor(how * (highest + 1));
    const amount = Math.floor(how * (longestStep + 1));
    return direction < 0.5 ? Math.max(0, value - amount) : Math.min(highest, value + amount);
  });
}
