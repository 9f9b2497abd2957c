const rounds = 8;

/** Mixes 32 bits (the finalizer of MurmurHash3). */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/**
 * The shuffled order of one epoch as a function of position: a permutation of `0 .. size - 1` that needs no memory,
 * whatever the size. It is a Feistel network over the next power of four, keyed by seed and epoch; results outside of
 * the range are put through again (cycle walking), which keeps it a permutation.
 *
 * @param size Number of images, 1 to 2^31.
 * @param seed Any integer.
 * @param epoch Epoch from 0.
 * @returns A function from position to image.
 * @example
 * const order = epochOrder(5, 0, 0);
 * [0, 1, 2, 3, 4].map(order).sort(); // [0, 1, 2, 3, 4]
 */
export function epochOrder(size: number, seed: number, epoch: number): (position: number) => number {
  let half = 3; // bits of one half; a domain of 64 at least, for tiny sets lack permutations otherwise
  while (2 ** (2 * half) < size) half += 1;
  const mask = 2 ** half - 1;
  const keys = new Uint32Array(rounds);
  let key = mix(mix(seed) ^ mix((Math.floor(seed / 2 ** 32) | 0) + 0x2545f491) ^ mix(epoch + 0x9e3779b9));
  for (let round = 0; round < rounds; round += 1) {
    key = mix(key + 0x9e3779b9 + round);
    keys[round] = key;
  }
  return (position) => {
    let value = position;
    do {
      let left = Math.floor(value / (mask + 1));
      let right = value & mask;
      for (let round = 0; round < rounds; round += 1) {
        const next = left ^ (mix(right ^ (keys[round] ?? 0)) & mask);
        left = right;
        right = next;
      }
      value = left * (mask + 1) + right;
    } while (value >= size);
    return value;
  };
}
