import { apply, backboneBranch, backboneFeatures, childSeed, defineMethod, linear, requirePositive, SslError } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { consistencyDefaults, consistencyTerm, supervisedTerm, tsaThreshold, type TsaSchedule } from './uda-loss.js';

/** Options of {@link uda}. */
export interface UdaOptions {
  readonly backbone: Backbone;
  /** Classes of the labels, at least 2. */
  readonly classes: number;
  /** Temperature that sharpens the targets; above 0. */
  readonly temperature?: number;
  /** Least probability of a target's best class. */
  readonly confidence?: number;
  /** Training signal annealing: how fast labelled images are let in. */
  readonly tsa?: TsaSchedule;
  /** Weight of the consistency term. */
  readonly consistency?: number;
}

/** Defaults of {@link uda}. */
export const udaDefaults = { ...consistencyDefaults, tsa: 'linear', consistency: 1 } as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly weak: Tensor2D; readonly strong: Tensor2D; readonly labels: Tensor1D };

/**
 * UDA: few labels, many images. Labelled images are classified; for the others, the prediction must survive strong augmentation.
 *
 * Two views, weak then strong, and `labels` (int32, -1 where unknown) as an extra input. Labelled and unlabelled images share the
 * batch; the terms are means over the whole batch's labelled and unlabelled rows. Evaluated: the backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for fewer than 2 classes or a temperature that is not above 0.
 * @example
 * uda({ backbone: resnet18(), classes: 10, tsa: 'log' });
 *
 * @see Xie et al., Unsupervised Data Augmentation for Consistency Training, figure 1.
 */
export function uda(options: UdaOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, classes, temperature, confidence, tsa, consistency } = { ...udaDefaults, ...options };
  if (!Number.isInteger(classes) || classes < 2) {
    throw new SslError(`uda needs labels of 2 or more classes, got ${classes}. Give a dataset with labels for some of its images.`, { from: '@ssl/distill' });
  }
  requirePositive(temperature, 'a temperature', 'uda', '@ssl/distill');
  const classifier = linear(backbone.featureDimension, classes);
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'uda',
    batch: { views: 2, extras: ['labels'] },
    coupling: 'batch', // the terms are divided by the number of labelled and of unlabelled images in the batch
    schedules: { threshold: (step, totalSteps) => tsaThreshold(tsa, step / totalSteps, classes) },
    groups: [],

    init(seed) {
      const features = backbone.init(seed);
      return {
        params: { backbone: features.params, fc: classifier.init(childSeed(seed, 'fc')).params },
        aux: { buffers: { backbone: features.buffers } },
      };
    },

    forward({ params, aux, views, extras, training, key }) {
      // Both views as one batch, as the authors' code does, so that batch norm sees them together.
      const variables = { params: params.backbone as TensorRecord, buffers: aux.buffers.backbone as TensorRecord };
      const features = apply(backbone, variables, tf.concat(views as Tensor4D[]), { training, key });
      const logits = apply(classifier, { params: params.fc as TensorRecord, buffers: {} }, features.output, { training });
      const [weak, strong] = tf.split(logits.output, 2) as [Tensor2D, Tensor2D];
      return { outputs: { weak, strong, labels: extras.labels as Tensor1D }, aux: { buffers: { backbone: features.buffers } } };
    },

    objective({ outputs: { weak, strong, labels }, schedules }) {
      const unlabelled = tf.cast(tf.less(labels, tf.scalar(0, 'int32')), 'float32') as Tensor1D;
      const supervised = supervisedTerm({ logits: weak, labels, threshold: schedules.threshold! });
      const consistent = consistencyTerm({ weak, strong, rows: unlabelled, temperature, confidence });
      const right = tf.cast(tf.equal(tf.argMax(weak, 1), labels), 'float32');
      const labelled = tf.sub(1, unlabelled);
      const accuracy = tf.div(tf.sum(tf.mul(right, labelled)), tf.maximum(tf.sum(labelled), 1)) as Scalar;
      const loss = tf.add(supervised, tf.mul(consistent, consistency)) as Scalar;
      return { loss, metrics: { supervised, consistency: consistent, accuracy }, carry: {} };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
