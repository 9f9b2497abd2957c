/** 32-bit finaliser of MurmurHash3: every input bit changes every output bit with probability near one half. */
export function mix32(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two int32 words from a seed and a purpose, on the host. */
export function hashSeed(seed: number, purpose: string | number): [number, number] {
  const text = typeof purpose === 'number' ? `#${String(purpose)}` : purpose;
  // The seed's low and high words, so that every safe integer is a seed of its own.
  let a = mix32((seed % 0x100000000) ^ 0x9e3779b9);
  let b = mix32(Math.floor(seed / 0x100000000) ^ a ^ 0x7f4a7c15);
  for (let i = 0; i < text.length; i++) {
    a = mix32(a ^ text.charCodeAt(i)) + b;
    b = mix32(b + Math.imul(a, 0x27d4eb2f) + i);
  }
  return [mix32(a + text.length) | 0, mix32(b ^ a) | 0];
}

/** A seed for one part of a whole (`layer1`): a non-negative safe integer. */
export function childSeed(seed: number, purpose: string | number): number {
  const [a, b] = hashSeed(seed, purpose);
  return (a >>> 0) * 0x200000 + (b >>> 11);
}
