/** Two views of a batch, `[batch, 3]` each. */
export type EmbeddingViews = readonly [first: number[][], second: number[][]];

/**
 * Different embeddings of 3 dimensions without chance, from -`scale` to `scale`.
 *
 * @example
 * embeddingRows(2); // [[0.84, 0.91, 0.14], [0.14, -0.28, 0.41]]
 */
export function embeddingRows(count: number, scale = 1): number[][] {
  return Array.from({ length: count }, (_, i) => [1, 2, 3].map((d) => scale * Math.sin(d * (1 + 2 * i))));
}

const same = (count: number): number[][] => Array.from({ length: count }, () => [0.5, -1, 2]);
const zeros = (count: number): number[][] => Array.from({ length: count }, () => [0, 0, 0]);

/**
 * What a loss must stand: finite, with finite gradients, or a clear error. By name, as values, so that tests can be made of them
 * before an engine runs.
 *
 * @example
 * it.each(Object.entries(extremeViews))('%s', (_name, [a, b]) => expect(Number.isFinite(myLoss(tf.tensor2d(a), tf.tensor2d(b)).dataSync()[0])).toBe(true));
 */
export const extremeViews: Readonly<Record<string, EmbeddingViews>> = {
  'identical embeddings': [same(5), same(5)],
  'zero vectors': [zeros(5), zeros(5)],
  'zero vectors in one view': [embeddingRows(5), zeros(5)],
  'a batch of 1': [embeddingRows(1), embeddingRows(1, -1)],
  'a batch of 1, identical': [same(1), same(1)],
  'a batch of 2': [embeddingRows(2), embeddingRows(2)],
  'a batch of 2, identical': [same(2), same(2)],
  'opposite views': [embeddingRows(4), embeddingRows(4, -1)],
  'tiny embeddings': [embeddingRows(4, 1e-15), embeddingRows(4, -1e-15)],
  'huge embeddings': [embeddingRows(4, 1e4), embeddingRows(4, -1e4)],
};
