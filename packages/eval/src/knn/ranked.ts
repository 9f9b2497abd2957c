/** Places with their similarities, in the order in which they were added, and room for `capacity` of them. */
export class Ranked {
  readonly places: Int32Array;
  readonly similarities: Float32Array;
  count = 0;
  readonly #scratch: Float32Array;

  constructor(capacity: number) {
    this.places = new Int32Array(capacity);
    this.similarities = new Float32Array(capacity);
    this.#scratch = new Float32Array(capacity);
  }

  add(place: number, similarity: number): void {
    this.places[this.count] = place;
    this.similarities[this.count++] = similarity;
  }

  /** Keeps the `most` largest, of equal ones the first, in their order. Returns the last of them if others had to go, else -Infinity. */
  keep(most: number): number {
    const { places, similarities, count } = this;
    if (count <= most) return Number.NEGATIVE_INFINITY;
    const scratch = this.#scratch;
    for (let i = 0; i < count; i++) scratch[i] = similarities[i]!;
    const last = nthLargest(scratch, count, most);
    let equal = most;
    for (let i = 0; i < count; i++) if (similarities[i]! > last) equal--;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const similarity = similarities[i]!;
      if (similarity < last || (similarity === last && equal-- <= 0)) continue;
      places[kept] = places[i]!;
      similarities[kept++] = similarity;
    }
    this.count = kept;
    return last;
  }
}

/** The n-th largest of the first `count` numbers, which it reorders: Hoare's selection. */
function nthLargest(values: Float32Array, count: number, n: number): number {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! > pivot) left++;
      while (values[right]! < pivot) right--;
      if (left > right) break;
      const value = values[left]!;
      values[left++] = values[right]!;
      values[right--] = value;
    }
    if (n - 1 <= right) high = right;
    else if (n - 1 >= left) low = left;
    else break;
  }
  return values[n - 1]!;
}
