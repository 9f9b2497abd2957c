/*
 * Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), keyed and counted the way
 * TensorFlow's stateless operations do it, so that host and engine draw the same numbers.
 */

/** Upper 32 bits of the unsigned product. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const other = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000)) >>> 0;
}

/** Ten rounds: writes four words for `counter` under `key` into `out` at `offset`. */
function philoxBlock(
  counter: Int32Array | Uint32Array,
  key: Int32Array | Uint32Array,
  out: Uint32Array,
  offset: number,
): void {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[offset] = c0;
  out[offset + 1] = c1;
  out[offset + 2] = c2;
  out[offset + 3] = c3;
}

/**
 * Random 32-bit words: the sequence of TensorFlow's StatelessRandom operations for an int32 seed pair.
 *
 * @param seed - Two int32 words.
 * @param count - How many words.
 */
export function philoxWords(seed: readonly [number, number], count: number): Uint32Array {
  const [first, second] = seed;
  const signWord = (value: number): number => (value < 0 ? -1 : 0); // TensorFlow widens the seeds to 64 bits
  const mixed = new Uint32Array(4);
  philoxBlock(
    Int32Array.of(first, signWord(first), second, signWord(second)),
    Int32Array.of(0x3ec8f720, 0x02461e29),
    mixed,
    0,
  );
  const key = mixed.slice(0, 2);
  const counter = Uint32Array.of(0, 0, mixed[2]!, mixed[3]!);
  const blocks = Math.ceil(count / 4);
  const words = new Uint32Array(blocks * 4);
  for (let block = 0; block < blocks; block++) {
    counter[0] = block; // A tensor has fewer than 2^34 values, so the upper counter words never change.
    philoxBlock(counter, key, words, block * 4);
  }
  return words.subarray(0, count);
}

const toUnit = (word: number): number => (word & 0x7fffff) / 0x800000;

/** Uniform float32 in [0, 1): StatelessRandomUniform's values. */
export function philoxUniform(seed: readonly [number, number], count: number): Float32Array {
  const words = philoxWords(seed, count);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = toUnit(words[i]!); // four times as quick as Float32Array.from
  return values;
}

/** Standard normal float32 by Box and Muller: StatelessRandomNormal's values up to rounding of log, sin and cos. */
export function philoxNormal(seed: readonly [number, number], count: number): Float32Array {
  const words = philoxWords(seed, count + (count % 2));
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(Math.max(toUnit(words[i]!), 1e-7)));
    const angle = Math.fround(2 * Math.PI * toUnit(words[i + 1]!));
    values[i] = Math.sin(angle) * radius;
    values[i + 1] = Math.cos(angle) * radius;
  }
  return values.subarray(0, count);
}
