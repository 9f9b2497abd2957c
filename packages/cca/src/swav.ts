import { applyToViews, backboneBranch, backboneFeatures, childSeed, defineMethod, groupBySize, linear, mlp, sequential, splitViews } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { swavLoss, swavLossDefaults } from './swav-loss.js';

/** Options of {@link swav}. */
export interface SwavOptions {
  readonly backbone: Backbone;
  /** Width of the projector's hidden layer. */
  readonly hidden?: number;
  /** Dimension of embeddings and prototypes. */
  readonly dimension?: number;
  readonly prototypes?: number;
  readonly temperature?: number;
  /** Entropy of the assignment. */
  readonly epsilon?: number;
  /** Rounds of Sinkhorn-Knopp; 0 takes the plain softmax, which collapses. */
  readonly iterations?: number;
  /** All crops of an image; the first two, the large ones, get codes. */
  readonly crops?: number;
  /** Embeddings of earlier batches that take part in the assignment, for each large crop; 0 for none. 3840 for batches of 256. */
  readonly queue?: number;
  /** First optimizer step in which the queue is filled. */
  readonly queueFrom?: number;
  /** Optimizer steps in which the prototypes stay as they started. */
  readonly frozenPrototypes?: number;
}

/** Defaults of {@link swav}: the authors' for ImageNet with batches of 4096; with 256, `queue: 3840` and `frozenPrototypes: 5005`. */
export const swavDefaults = {
  hidden: 2048,
  dimension: 128,
  prototypes: 3000,
  temperature: swavLossDefaults.temperature,
  epsilon: swavLossDefaults.epsilon,
  iterations: swavLossDefaults.iterations,
  crops: 8,
  queue: 0,
  queueFrom: 0,
  frozenPrototypes: 313,
} as const;

/** `queue`: embeddings of earlier batches for each large crop, the newest first, `[queue, dimension]`; empty without a queue. */
type Aux = { readonly buffers: TensorRecord; readonly queue: readonly Tensor2D[] };
/** Of every crop, unit vectors `[batch, dimension]`. */
type Outputs = { readonly embeddings: readonly Tensor2D[] };

const assigned = 2;

/**
 * SwAV: the cluster that one crop is assigned to is predicted from the other crops; assignments use all prototypes equally.
 *
 * Backbone and projector run on each crop; prototypes (unit vectors, renewed after each step) and Sinkhorn-Knopp belong to the
 * objective, over the whole batch. Two large crops first, then the small ones. Evaluated: the backbone.
 *
 * @returns A method with `crops` views, each size as one batch; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for sizes below 1.
 * @example
 * swav({ backbone: smallConvNet(), prototypes: 128, hidden: 256, dimension: 64, crops: 2, frozenPrototypes: 40 });
 *
 * @see Caron et al., Unsupervised Learning of Visual Features by Contrasting Cluster Assignments, section 3 and algorithm 1.
 */
export function swav(options: SwavOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const settings = { ...swavDefaults, ...options };
  const { backbone, hidden, dimension, prototypes, temperature, epsilon, iterations, crops } = settings;
  const network = sequential<Tensor4D, Tensor2D>({
    backbone,
    projector: mlp([backbone.featureDimension, hidden, dimension], { hiddenBias: true }),
  });
  const head = linear(dimension, prototypes, { bias: false });
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'swav',
    batch: { views: crops },
    coupling: 'batch',
    positivePair: ({ embeddings }) => [embeddings[0]!, embeddings[1]!],
    schedules: { queueFills: (step) => (settings.queue > 0 && step >= settings.queueFrom ? 1 : 0) },
    groups: [{ match: (path) => path.startsWith('prototypes.'), frozenUntil: settings.frozenPrototypes }],
    collapse: [
      {
        name: 'prototypes-unused',
        metric: 'prototypeUse',
        value: 1 / prototypes,
        tolerance: 3 / prototypes,
        diagnosis: 'every image is assigned to one of very few prototypes',
        remedy: 'use Sinkhorn-Knopp with at least 3 iterations, lower epsilon, freeze the prototypes for longer',
      },
      {
        name: 'guessing',
        metric: 'loss',
        value: Math.log(prototypes),
        tolerance: 0.01,
        diagnosis: 'the predictions are uniform: nothing is learned, ln(prototypes) is the loss of guessing',
        remedy: 'lower epsilon (.03), use fewer prototypes, raise the learning rate',
      },
    ],

    init(seed) {
      const encoded = network.init(seed);
      const { weight } = head.init(childSeed(seed, 'prototypes')).params as { weight: Tensor2D };
      const queue = Array.from({ length: settings.queue > 0 ? assigned : 0 }, () => tf.zeros<tf.Rank.R2>([settings.queue, dimension]));
      return {
        params: { ...encoded.params, prototypes: { weight: l2Normalize(weight) } },
        aux: { buffers: encoded.buffers, queue },
      };
    },

    forward({ params, aux, views, training, key }) {
      const groups = groupBySize(views);
      const { outputs, buffers } = applyToViews(network, { params, buffers: aux.buffers }, groups.map((group) => tf.concat(group)), {
        training,
        key,
      });
      const embeddings = outputs.flatMap((output, i) => splitViews(l2Normalize(output) as Tensor2D, groups[i]!.length));
      return { outputs: { embeddings }, aux: { buffers } };
    },

    objective({ params, aux, outputs: { embeddings } }) {
      const { weight } = params.prototypes as { weight: Tensor2D };
      const score = (vectors: Tensor2D): Tensor2D => tf.matMul(vectors, weight, false, true);
      const scores = embeddings.map(score);
      const queue = aux.queue.map(score);
      const loss = swavLoss(scores, {
        temperature,
        epsilon,
        iterations,
        assigned,
        ...(queue.length > 0 ? { queue, queueWeights: rowsOfFullQueue(aux.queue[0]!) } : {}),
      });
      return { loss, metrics: { prototypeUse: prototypeUse(tf.div(scores[0]!, temperature)) }, carry: {} };
    },

    constrain: (params) => ({ ...params, prototypes: { weight: l2Normalize((params.prototypes as { weight: Tensor2D }).weight) } }),

    updateAux: ({ aux, outputs, schedules }) => ({
      ...aux,
      queue: aux.queue.map((older, crop) => push(older, outputs.embeddings[crop]!, schedules.queueFills!)),
    }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}

/** The newest embeddings in front, the oldest fall out; nothing moves while `fills` is 0. */
function push(queue: Tensor2D, embeddings: Tensor2D, fills: Scalar): Tensor2D {
  const [length, dimension] = queue.shape;
  const moved = tf.slice(tf.concat([embeddings, queue]), [0, 0], [length, dimension]);
  return tf.add(tf.mul(moved, fills), tf.mul(queue, tf.sub(1, fills)));
}

/** 1 for every row once the last one is filled, else 0: the queue takes part when it is full. */
function rowsOfFullQueue(queue: Tensor2D): Tensor1D {
  const [length, dimension] = queue.shape;
  const last = tf.slice(queue, [length - 1, 0], [1, dimension]);
  return tf.mul(tf.ones([length]), tf.cast(tf.any(tf.notEqual(last, 0)), 'float32'));
}

/** exp(entropy of the mean prediction) / prototypes: 1 where all are used alike, 1 / prototypes where one takes all. */
function prototypeUse(logits: Tensor): Scalar {
  const mean = tf.mean(tf.softmax(logits), 0);
  const entropy = tf.neg(tf.sum(tf.mul(mean, tf.log(tf.maximum(mean, 1e-12)))));
  return tf.div(tf.exp(entropy), mean.size);
}
