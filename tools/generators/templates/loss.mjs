/** Alignment and uniformity: a loss that needs no head of its own and does not collapse, to start from. */
export const lossSource = ({ camel, pascal }, packageName) => `import { SslError } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

export interface ${pascal}LossOptions {
  /** Weight of the uniformity term, 0 or more; 0 collapses. */
  readonly uniformity?: number;
}

export const ${camel}LossDefaults = { uniformity: 1 } as const;

/**
 * Two views of an image lie close together, the images of a batch far apart on the unit sphere.
 *
 * \`L = mean_i |a_i - b_i|^2 + uniformity * mean_z log mean_(i, j) exp(-2 |z_i - z_j|^2)\`, z one of the views a and b, both scaled to
 * unit length. It mixes samples: give it the whole batch.
 *
 * @param first Embeddings of the first view, \`[batch, dimension]\`.
 * @param second Embeddings of the second view, of the same shape.
 * @returns A scalar; 0 where all embeddings are the same.
 * @throws SslError where the shapes differ.
 *
 * @example
 * ${camel}Loss(tf.tensor2d([[1, 0], [0, 1]]), tf.tensor2d([[1, 0], [0, 1]]));
 *
 * @see Wang, Isola, Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere, section 4.
 */
export function ${camel}Loss(first: Tensor2D, second: Tensor2D, options: ${pascal}LossOptions = {}): Scalar {
  const { uniformity } = { ...${camel}LossDefaults, ...options };
  if (first.shape.join() !== second.shape.join()) {
    throw new SslError(
      \`${camel}Loss needs the embeddings of two views, of one shape [batch, dimension], got [\${first.shape.join(', ')}] and [\${second.shape.join(', ')}]. Row i of both must come from image i.\`,
      { from: '${packageName}' },
    );
  }
  return tf.tidy(() => {
    const [a, b] = [l2Normalize(first) as Tensor2D, l2Normalize(second) as Tensor2D];
    const alignment = tf.mean(tf.sum(tf.squaredDifference(a, b), 1));
    const spread = tf.div(tf.add(uniformityOf(a), uniformityOf(b)), 2);
    return tf.add<Scalar>(alignment, tf.mul(spread, uniformity));
  });
}

/** \`log mean_(i, j) exp(-2 |z_i - z_j|^2)\` of unit vectors, whose squared distance is 2 - 2 <z_i, z_j>. */
function uniformityOf(z: Tensor2D): tf.Tensor {
  const squaredDistance = tf.sub(2, tf.mul(tf.matMul(z, z, false, true), 2));
  return tf.log(tf.mean(tf.exp(tf.mul(squaredDistance, -2))));
}
`;

export const lossTest = ({ name, camel }) => `import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { ${camel}Loss } from './${name}-loss.js';

const first = [
  [1, 2, 0],
  [0, 1, -1],
  [3, 0, 1],
];
const second = [
  [1, 1, 0],
  [0, 2, -1],
  [2, 0, -1],
];

/** The formula with plain numbers. */
function literal(a: number[][], b: number[][], uniformity: number): number {
  const unit = (rows: number[][]): number[][] => rows.map((row) => row.map((x) => x / Math.hypot(...row)));
  const distance = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + (value - y[i]!) ** 2, 0);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = (z: number[][]): number => Math.log(mean(z.flatMap((x) => z.map((y) => Math.exp(-2 * distance(x, y))))));
  const [u, v] = [unit(a), unit(b)];
  return mean(u.map((x, i) => distance(x, v[i]!))) + (uniformity * (spread(u) + spread(v))) / 2;
}

describe('${camel}Loss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each([0, 0.5, 1])('equals the literal formula with uniformity %d', (uniformity) => {
    const loss = ${camel}Loss(tf.tensor2d(first), tf.tensor2d(second), { uniformity }).dataSync()[0];
    expect(loss).toBeCloseTo(literal(first, second, uniformity), 5);
  });

  it.each([
    ['identical embeddings', [4, 3], 1],
    ['zero vectors', [4, 3], 0],
    ['one image', [1, 3], 1],
  ] as const)('is finite for %s, and so is its gradient', (_, shape, value) => {
    const z = tf.fill([...shape], value) as Tensor2D;
    expect(Number.isFinite(${camel}Loss(z, z).dataSync()[0])).toBe(true);
    const gradient = tf.grad((x) => ${camel}Loss(x as Tensor2D, z))(z).dataSync();
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });

  it('has a gradient that finite differences confirm', () => {
    const at = (value: number): number => literal([[value, 2, 0], ...first.slice(1)], second, 1);
    const gradient = tf.grad((x) => ${camel}Loss(x as Tensor2D, tf.tensor2d(second)))(tf.tensor2d(first)).dataSync()[0];
    expect(gradient).toBeCloseTo((at(1 + 1e-4) - at(1 - 1e-4)) / 2e-4, 3);
  });

  it('refuses views of different shapes', () => {
    expect(() => ${camel}Loss(tf.ones([2, 3]), tf.ones([3, 3]))).toThrow('of one shape');
  });
});
`;
