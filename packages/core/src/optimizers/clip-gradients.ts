import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { euclideanNorm } from '../ops/euclidean-norm.js';
import type { TensorMap } from './optimizer.js';

/** A limit on the norm of gradients, and which gradients share a norm. */
export interface ClipNorm {
  /** Highest norm, above 0. */
  readonly limit: number;
  /**
   * 'all' (default): one norm over all parameters, as most recipes. 'parameter': each tensor on its own, as DINO and iBOT.
   * A function names the group of a parameter by its path: DINOv2 clips backbone and heads on their own.
   */
  readonly per?: 'all' | 'parameter' | ((path: string) => string);
}

/** Defaults of {@link ClipNorm}. */
export const clipNormDefaults = { per: 'all' } as const satisfies Partial<ClipNorm>;

/** A limit given as a number is one over all parameters. Throws for one that is not above 0. */
export function resolveClipNorm(clipNorm: number | ClipNorm): Required<ClipNorm> {
  const resolved = { ...clipNormDefaults, ...(typeof clipNorm === 'number' ? { limit: clipNorm } : clipNorm) };
  if (resolved.limit > 0) return resolved;
  throw new SslError(`clipNorm needs a number above 0, got ${resolved.limit}. Leave it out for no clipping.`, { from: '@ssl/core' });
}

/**
 * Gradients whose norm is at most the limit, as PyTorch's `clip_grad_norm_` on each group: `gradient * min(1, limit / (norm + 1e-6))`.
 *
 * @param gradients By parameter path.
 * @param norms Norm of each gradient, in the order of `gradients`, `[parameters]`.
 * @throws SslError for a limit that is not above 0.
 * @example
 * clipGradients({ a: tf.tensor1d([3, 4]) }, tf.tensor1d([5]), 1); // a: [0.6, 0.8]
 *
 * @see Pascanu et al., On the difficulty of training recurrent neural networks, algorithm 1.
 */
export function clipGradients(gradients: TensorMap, norms: Tensor, clipNorm: number | ClipNorm): TensorMap {
  const { limit, per } = resolveClipNorm(clipNorm);
  const paths = Object.keys(gradients);
  const factorOf = (norm: Tensor): Tensor => tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
  const scaled = (factors: (index: number) => Tensor): TensorMap =>
    Object.fromEntries(paths.map((path, i) => [path, tf.mul(gradients[path]!, factors(i))]));
  if (per === 'all') {
    const factor = factorOf(euclideanNorm(norms));
    return scaled(() => factor);
  }
  const each = tf.unstack(norms);
  if (per === 'parameter') return scaled((i) => factorOf(each[i]!));
  const names = paths.map((path) => per(path));
  const factors = new Map(
    [...new Set(names)].map((name) => [name, factorOf(euclideanNorm(tf.stack(each.filter((_, i) => names[i] === name))))]),
  );
  return scaled((i) => factors.get(names[i]!)!);
}
