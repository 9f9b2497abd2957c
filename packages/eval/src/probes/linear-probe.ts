import { linear } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { probe, type ProbeOptions, type ProbeResult, type ProbeSets } from './probe.js';
import type { Head } from './train-heads.js';

/**
 * Linear evaluation: one linear layer on frozen features, the field's usual measure.
 *
 * `argmin_(W, b) mean cross-entropy(W x + b, y)` by SGD with momentum or AdamW, cosine schedule. Several learning rates are tried in
 * one pass and one is chosen on validation images (a part of the training images that shares no group with the rest), as DINOv2 does it;
 * the choice is part of the result. The test images are looked at once, by the last epoch.
 *
 * @param sets Features with labels of training and test images, and of validation images if you have them.
 * @throws SslError for features with NaN (rows named), labels outside the classes, rates that are not above 0.
 * @example
 * const { train, held } = splitByGroup(features);
 * const { accuracy, learningRate, selection } = await linearProbe({ train, test: held });
 * @see Oquab et al. 2023 (DINOv2), section B.3; He et al. 2022 (MAE), appendix A.1 (normalised features).
 */
export async function linearProbe(sets: ProbeSets, options: ProbeOptions = {}): Promise<ProbeResult> {
  return probe(linearHead, sets, options);
}

/** A linear layer; several of them are one matrix product over their weights one below the other. */
export function linearHead(inputs: number, classes: number): Head {
  return {
    ...(linear(inputs, classes) as Head),
    together(params, x) {
      const stacked = (name: string): tf.Tensor => tf.concat(params.map((one) => one[name] as tf.Tensor), 0);
      const logits = tf.add(tf.matMul(x, stacked('weight') as tf.Tensor2D, false, true), stacked('bias')); // [B, heads * classes]
      return tf.split(logits as tf.Tensor2D, params.length, 1);
    },
  };
}
