/** The cubic convolution kernel of Keys (1981) with its free parameter `a`. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return 0;
}

/**
 * The matrix that resizes a line of `from` values to `to` values bicubically, row-major `[to, from]`, with the numbers of
 * PyTorch's `interpolate` without align_corners.
 *
 * @param factor - Output length over input length as PyTorch was told it, which need not be `to / from`.
 * @param antialias - PyTorch's antialias: another kernel (a = -0.5), stretched where the line shrinks.
 */
export function cubicResizeMatrix(from: number, to: number, factor: number, antialias: boolean): Float32Array {
  const matrix = new Float32Array(from * to);
  const step = 1 / factor;
  for (let row = 0; row < to; row++) {
    const centre = (row + 0.5) * step;
    const taps = antialias ? stretchedTaps(centre, step, from) : fourTaps(centre, from);
    for (const [column, weight] of taps) matrix[row * from + column]! += weight;
  }
  return matrix;
}

/** Four neighbours with a = -0.75; the border's values go on outside of it. */
function fourTaps(centre: number, length: number): [number, number][] {
  const first = Math.floor(centre - 0.5) - 1;
  return [0, 1, 2, 3].map((i) => [
    Math.max(0, Math.min(length - 1, first + i)),
    cubic(centre - 0.5 - (first + i), -0.75),
  ]);
}

/** All neighbours within two (stretched) units with a = -0.5, weights made to sum to 1. */
function stretchedTaps(centre: number, step: number, length: number): [number, number][] {
  const stretch = Math.max(step, 1);
  const begin = Math.max(0, Math.trunc(centre - 2 * stretch + 0.5));
  const end = Math.min(length, Math.trunc(centre + 2 * stretch + 0.5));
  const weights = Array.from({ length: end - begin }, (_, i) => cubic((begin + i + 0.5 - centre) / stretch, -0.5));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, i) => [begin + i, weight / total]);
}
