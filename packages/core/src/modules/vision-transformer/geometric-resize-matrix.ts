/**
 * The matrix that resizes a line of relative distances, `2 side - 1` of them for a grid of `side` patches, row-major `[to, from]`.
 *
 * The distances of the old line are spread over the new one by a geometric progression, dense in the middle: near neighbours keep their
 * biases, far ones are stretched. Between them it is linear, as in timm; BEiT's own code takes cubic splines.
 *
 * @param from - Odd.
 * @param to - Odd.
 */
export function geometricResizeMatrix(from: number, to: number): Float32Array {
  const places = geometricPlaces(Math.floor(from / 2), Math.floor(to / 2));
  const matrix = new Float32Array(to * from);
  for (let row = 0; row < to; row++) {
    const place = row - Math.floor(to / 2);
    // The first old place that is not left of it; outside of all, the outermost counts.
    const found = places.findIndex((old) => old >= place);
    const right = found === -1 ? from - 1 : found;
    const left = Math.max(0, right - 1);
    const span = places[right]! - places[left]!;
    const share = span === 0 ? 1 : Math.min(1, Math.max(0, (place - places[left]!) / span));
    matrix[row * from + left]! += 1 - share;
    matrix[row * from + right]! += share;
  }
  return matrix;
}

/** 0 and `half` places on either side, `1, 1 + q, 1 + q + q^2, …`, with the q that brings the last to `reach`; from 1.01 to 1.5. */
function geometricPlaces(half: number, reach: number): number[] {
  let [low, high] = [1.01, 1.5];
  let q = low;
  while (high - low > 1e-6) {
    q = (low + high) / 2;
    const sum = (1 - q ** half) / (1 - q);
    if (sum > reach) high = q;
    else low = q;
  }
  const places: number[] = [];
  let place = 1;
  for (let i = 0; i < half; i++) {
    places.push(place);
    place += q ** (i + 1);
  }
  return [...places.map((x) => -x).reverse(), 0, ...places];
}
