import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { SslMethod } from '../method/method.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { EmbeddingHealth } from './train-hook.js';
import type { MonitoredOutputs } from './train-state.js';

// More rows cost time and tell no more.
const rowLimit = 512;

/** Two matrices whose rows of the same number belong together. */
export type PositivePair = readonly [Tensor2D, Tensor2D];

/** The outputs that the monitor looks at: `method.monitor`, where it is left out the first matrix of floats, and `method.positivePair`. At most 512 rows. */
export function monitoredOutputs({ monitor, positivePair }: SslMethod, outputs: TensorRecord): MonitoredOutputs {
  const watched = monitor === false ? undefined : monitor === undefined ? firstMatrix(outputs) : monitor(outputs);
  const pair = positivePair?.(outputs);
  return {
    ...(watched === undefined ? {} : { outputs: firstRows(watched) }),
    ...(pair === undefined ? {} : { pair: [firstRows(pair[0]), firstRows(pair[1])] as const }),
  };
}

function firstMatrix(outputs: TensorRecord): Tensor | undefined {
  return Object.values(treeToMap(outputs)).find(({ rank, dtype }) => rank === 2 && dtype === 'float32');
}

function firstRows(tensor: Tensor): Tensor {
  return tf.slice(tensor, [0], [Math.min(rowLimit, tensor.shape[0] as number)]);
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

/**
 * Alignment and uniformity of pairs `[batch, dimension]`, on the unit sphere.
 *
 * @see Wang, Isola, Understanding Contrastive Representation Learning through Alignment and Uniformity, equations 4 and 5.
 */
function measurePair(pair: PositivePair): { alignment: Tensor; uniformity: Tensor } {
  const [x, y] = pair.map((z) => tf.div<Tensor2D>(z, tf.maximum(tf.norm(z, 2, 1, true), 1e-12))) as [Tensor2D, Tensor2D];
  const [rows] = x.shape;
  const distances = tf.sub(2, tf.mul(2, tf.matMul(x, x, false, true)));
  const kernel = tf.mul(tf.exp(tf.mul(-2, distances)), tf.sub(1, tf.eye(rows)));
  return {
    alignment: tf.mean(tf.sum(tf.squaredDifference(x, y), 1)),
    uniformity: tf.log(tf.div(tf.sum(kernel), Math.max(1, rows * (rows - 1)))),
  };
}

/** `exp(entropy of the normalised singular values)`, where the engine has eigenvalues: in JavaScript they would cost more than the step. */
async function rankMe(embeddings: Tensor2D): Promise<number | undefined> {
  const kernel = 'SslGramEigenvalues';
  // getKernel is typed as always found.
  if ((tf.getKernel(kernel, tf.getBackend()) as tf.KernelConfig | undefined) === undefined) return undefined;
  const eigenvalues = tf.engine().runKernel<Tensor>(kernel, { x: embeddings }, {});
  const singular = Array.from(await eigenvalues.data(), (value) => Math.sqrt(Math.max(0, value)));
  eigenvalues.dispose();
  const sum = singular.reduce((total, value) => total + value, 0);
  if (!(sum > 0)) return 1;
  return Math.exp(singular.reduce((entropy, value) => (value === 0 ? entropy : entropy - (value / sum) * Math.log(value / sum)), 0));
}

/** The numbers of {@link measureEmbedding} on the host, RankMe where it is cheap, alignment and uniformity where there is a pair. */
export async function embeddingHealth(embeddings: Tensor2D, pair?: PositivePair): Promise<EmbeddingHealth> {
  const dimension = embeddings.shape[1];
  const measured = tf.tidy(() => ({ ...measureEmbedding(embeddings), ...(pair === undefined ? {} : measurePair(pair)) }));
  const numbers: Record<string, number> = {};
  for (const [name, tensor] of Object.entries(measured)) {
    numbers[name] = (await tensor.data())[0]!;
    tensor.dispose();
  }
  const rank = await rankMe(embeddings);
  return {
    ...(numbers as { spread: number; effectiveRank: number; alignment?: number; uniformity?: number }),
    spreadReference: 1 / Math.sqrt(dimension),
    dimension,
    ...(rank === undefined ? {} : { rankMe: rank }),
  };
}
