/**
 * Which entry of BEiT's bias table belongs to each pair of tokens (class token first, then patches row by row).
 *
 * Entry (dr + side - 1)(2 side - 1) + (dc + side - 1) for patches that are dr rows and dc columns apart; the last three
 * entries are from class to patch, from patch to class, and class to itself.
 *
 * @returns Row-major `[side² + 1, side² + 1]`, each from 0 to (2 side - 1)² + 2.
 */
export function relativePositionIndex(side: number): Int32Array {
  const length = side * side + 1;
  const span = 2 * side - 1;
  const distances = span * span;
  const index = new Int32Array(length * length);
  for (let query = 0; query < length; query++) {
    for (let key = 0; key < length; key++) {
      index[query * length + key] = entry(query, key);
    }
  }
  return index;

  function entry(query: number, key: number): number {
    if (query === 0) return key === 0 ? distances + 2 : distances;
    if (key === 0) return distances + 1;
    const [a, b] = [query - 1, key - 1];
    const rows = Math.floor(a / side) - Math.floor(b / side);
    const columns = (a % side) - (b % side);
    return (rows + side - 1) * span + columns + side - 1;
  }
}
