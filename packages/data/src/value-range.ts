/** Arrays of numbers as files hold them. */
export type StoredValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** The stored values that are black and white. */
export type ValueRange = readonly [black: number, white: number];

/** What to do where the range of stored values is not known: the command's flag and the library's option. */
export function giveRange(low = 0, high = 4095): string {
  const [black, white] = [low < 0 ? Math.floor(low) : 0, Math.ceil(high)];
  return `Give the values that are black and white, the same for all images, such as ssl train --range ${black},${white} (option range of openDataset and decodeImage)`;
}

/** Smallest and largest value. @throws An Error for NaN and infinity. */
export function extremes(values: StoredValues): readonly [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) throw new Error(`it holds ${value}, which is no brightness. Fill such places before, or give a range, with which they become black. ${giveRange()}`);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/**
 * The range of values whose type does not declare one: floating point from 0 to 1 is taken for 0 to 1, any within 0 to 255 for 0 to 255.
 *
 * @param type - for the message: `float32`.
 * @throws An Error that says the range where neither holds: a range guessed for each image would make images incomparable.
 */
export function undeclaredRange(type: string, low: number, high: number): ValueRange {
  if (type.startsWith('float') && low >= 0 && high <= 1) return [0, 1];
  if (low >= 0 && high <= 255) return [0, 255];
  throw new Error(`its ${type} values go from ${short(low)} to ${short(high)}, and nothing says which are black and white. ${giveRange(low, high)}`);
}

function short(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}

/** Stored values as 16 bits from black to white; what lies outside is cut, NaN becomes black. */
export function spreadValues(values: ArrayLike<number>, [black, white]: ValueRange): Uint16Array {
  const factor = 65_535 / (white - black);
  // Whole numbers are cut off, not rounded, hence the half; NaN becomes 0 in a Uint16Array.
  return Uint16Array.from(values, (value) => Math.min(65_535, Math.max(0, (value - black) * factor)) + 0.5);
}
