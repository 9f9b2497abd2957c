/**
 * The values of a view in row-major order: element `i` of axis `a` lies `i * strides[a]` elements further.
 *
 * @param bytes - The storage.
 * @param size - Bytes of one element.
 * @returns A view of `bytes` where the elements lie one behind the other, else a copy.
 */
export function gatherStrided(bytes: Uint8Array, size: number, { offset, shape, strides }: { readonly offset: number; readonly shape: readonly number[]; readonly strides: readonly number[] }): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count === 0) return new Uint8Array(0);
  if (isContiguous(shape, strides)) return bytes.subarray(offset * size, (offset + count) * size);
  const result = new Uint8Array(count * size);
  const index = shape.map(() => 0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    for (let b = 0; b < size; b++) result[to * size + b] = bytes[from * size + b]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      from += strides[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Axes of length 1 may have any stride. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

/** Elements of the storage that a view reaches: one past the last. */
export function reach({ offset, shape, strides }: { readonly offset: number; readonly shape: readonly number[]; readonly strides: readonly number[] }): number {
  if (shape.includes(0)) return 0;
  return offset + 1 + shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, 0);
}
