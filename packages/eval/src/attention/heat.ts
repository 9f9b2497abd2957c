/** A colour from 0 (black) through red and yellow to 1 (white), each channel from 0 to 255. */
export function heat(value: number): readonly [number, number, number] {
  const third = (from: number): number => 255 * Math.min(1, Math.max(0, 3 * value - from));
  return [third(0), third(1), third(2)];
}
