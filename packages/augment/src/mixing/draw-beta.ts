import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { SslError, foldIn } from '@ssl/core';
import { randomNormal, randomUniform } from '@ssl/core/ops';

/** Each try is accepted with probability above 0.95: all of eight fail once in 10^10 draws. */
const tries = 8;

/**
 * Draws from Beta(alpha, alpha), `[count]`, float32 in 0..1.
 *
 * The ratio of two Gamma(alpha) variables, in logarithms so that small alpha does not underflow; Gamma by Marsaglia and
 * Tsang 2000 (below 1 from Gamma(alpha + 1) times U^(1/alpha)) with a fixed number of tries, so that it can be traced.
 *
 * @param alpha - above 0; 1 is uniform.
 * @throws SslError for an alpha that is not above 0.
 */
export function drawBeta(count: number, key: Tensor1D, alpha: number): Tensor1D {
  if (!(alpha > 0)) {
    throw new SslError(`drawBeta needs alpha above 0, got ${String(alpha)}. Leave the mixing out instead of alpha 0.`, {
      from: '@ssl/augment',
    });
  }
  if (alpha === 1) return randomUniform<tf.Rank.R1>([count], key);
  return tf.tidy(() => {
    const shape = alpha < 1 ? alpha + 1 : alpha;
    const d = shape - 1 / 3;
    const x = randomNormal<tf.Rank.R3>([tries, 2, count], foldIn(key, 'normal'));
    const uniforms = randomUniform<tf.Rank.R3>([tries + 1, 2, count], foldIn(key, 'uniform'));
    const v = tf.pow(tf.add(1, tf.mul(x, 1 / Math.sqrt(9 * d))), 3);
    const logV = tf.log(tf.maximum(v, 1e-30));
    const bound = tf.add(tf.mul(tf.square(x), 0.5), tf.mul(d, tf.sub(tf.add(1, logV), v)));
    const logU = tf.log(tf.add(uniforms, 2 ** -24));
    const accepted = tf.logicalAnd(tf.greater(v, 0), tf.less(tf.slice(logU, [0, 0, 0], [tries, 2, count]), bound));
    const order = tf.mul(tf.cast(accepted, 'float32'), tf.reshape(tf.range(tries, 0, -1), [tries, 1, 1]));
    const first = tf.logicalAnd(accepted, tf.equal(order, tf.max(order, 0, true)));
    const logGamma: Tensor = tf.sum(tf.mul(tf.cast(first, 'float32'), logV), 0); // [2, count], up to a constant
    const boost = tf.mul(tf.reshape(tf.slice(logU, [tries, 0, 0]), [2, count]), 1 / alpha);
    const [one, other] = tf.unstack(alpha < 1 ? tf.add(logGamma, boost) : logGamma) as [Tensor1D, Tensor1D];
    return tf.sigmoid(tf.sub(one, other));
  });
}
