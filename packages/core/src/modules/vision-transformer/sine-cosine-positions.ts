/**
 * Fixed position embeddings for a square grid (MAE and MoCo v3): sines and cosines of the two coordinates with
 * frequencies 10000^(-4i / width).
 *
 * @param first - The coordinate in the first half of the features: the column in MAE's code, the row in MoCo v3's.
 * @param prefix - Tokens before the patches; theirs are zeros.
 * @returns Row-major `[prefix + side * side, width]`.
 */
export function sineCosinePositions(
  side: number,
  width: number,
  first: 'column' | 'row',
  prefix: number,
): Float32Array {
  const values = new Float32Array((prefix + side * side) * width);
  const quarter = width / 4;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const start = (prefix + row * side + column) * width;
      const coordinates = first === 'column' ? [column, row] : [row, column];
      coordinates.forEach((coordinate, half) => {
        for (let i = 0; i < quarter; i++) {
          const angle = coordinate * 10_000 ** (-i / quarter);
          values[start + 2 * half * quarter + i] = Math.sin(angle);
          values[start + (2 * half + 1) * quarter + i] = Math.cos(angle);
        }
      });
    }
  }
  return values;
}
