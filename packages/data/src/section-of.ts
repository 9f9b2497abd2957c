/** Which section holds position `index`, where section k begins at `starts[k]` (rising, `starts[0]` is 0). */
export function sectionOf(starts: Float64Array, index: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}
