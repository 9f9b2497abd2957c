import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { SslMethod } from '../method/method.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { EmbeddingHealth } from './train-hook.js';

// More rows cost time and tell no more.
const rowLimit = 512;

/** The output that the monitor looks at: `method.monitor`, else the first matrix of floats. At most 512 rows. */
export function monitoredOutput(method: SslMethod, outputs: TensorRecord): Tensor | undefined {
  const map = treeToMap(outputs);
  const chosen =
    method.monitor === undefined
      ? Object.values(map).find((tensor) => tensor.rank === 2 && tensor.dtype === 'float32')
      : map[method.monitor];
  if (chosen === undefined) return undefined;
  return tf.slice(chosen, [0], [Math.min(rowLimit, chosen.shape[0] as number)]);
}

/**
 * Spread and effective rank of a batch of embeddings `[batch, dimension]`; traceable.
 *
 * With z the L2-normalised rows and C their covariance: `spread = mean_d sqrt(C_dd)` (SimSiam, section 4.1) and
 * `effectiveRank = tr(C)^2 / tr(C^2)`, the participation ratio, which needs no eigenvalues.
 */
export function measureEmbedding(embeddings: Tensor2D): { spread: Tensor; effectiveRank: Tensor } {
  const [rows] = embeddings.shape;
  const norms = tf.maximum(tf.norm(embeddings, 2, 1, true), 1e-12);
  const z = tf.div<Tensor2D>(embeddings, norms);
  const centred = tf.sub<Tensor2D>(z, tf.mean(z, 0, true));
  const variances = tf.mean(tf.square(centred), 0);
  // Scaled by its trace first: the squares of a collapsed batch's covariance are below float32.
  const trace = tf.maximum(tf.sum(variances), 1e-20);
  const covariance = tf.div(tf.matMul(centred, centred, true), tf.mul(trace, rows));
  return {
    spread: tf.mean(tf.sqrt(variances)),
    effectiveRank: tf.div(tf.square(tf.sum(tf.div(variances, trace))), tf.maximum(tf.sum(tf.square(covariance)), 1e-12)),
  };
}

/** The numbers of {@link measureEmbedding} on the host. */
export async function embeddingHealth(embeddings: Tensor2D): Promise<EmbeddingHealth> {
  const dimension = embeddings.shape[1];
  const { spread, effectiveRank } = tf.tidy(() => measureEmbedding(embeddings));
  const read = async (tensor: Tensor) => {
    const [value] = await tensor.data();
    tensor.dispose();
    return value!;
  };
  return {
    spread: await read(spread),
    spreadReference: 1 / Math.sqrt(dimension),
    effectiveRank: await read(effectiveRank),
    dimension,
  };
}
