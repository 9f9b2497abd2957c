import type { ImageSet } from '@ssl/eval';

/** Images of two classes in one colour each, with a little noise. */
export function colours(count: number, side: number): ImageSet {
  const pixels = Uint8Array.from({ length: count * side * side * 3 }, (_, i) => {
    const image = Math.floor(i / (side * side * 3));
    return (image % 2 === 0) === (i % 3 === 0) ? 180 + ((i * 7919) % 60) : 20 + ((i * 104729) % 60);
  });
  const order = Int32Array.from({ length: count }, (_, i) => i);
  return { pixels, shape: [count, side, side, 3], labels: order.map((i) => i % 2), indices: order, aspects: new Float32Array(count).fill(1) };
}
