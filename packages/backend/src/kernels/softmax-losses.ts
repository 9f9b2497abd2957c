import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { runOp, runSingleOp } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Cross-entropy of softmax(logits) with label distributions, one value a row; TensorFlow computes the gradient along. */
export const softmaxCrossEntropy: KernelDefinition = {
  name: 'SslSoftmaxCrossEntropy',
  forward: ({ logits, labels }) =>
    runOp('SoftmaxCrossEntropyWithLogits', [], [logits!, tf.cast(labels!, 'float32')], 2), // tf.oneHot gives int32
  gradient: {
    inputsToSave: ['labels'],
    outputsToSave: [false, true],
    gradFunc: (dys, [given, softmaxMinusLabels]) => ({
      logits: () => {
        // TensorFlow's gradient holds for labels that sum to 1; in general it is softmax * sum(labels) - labels.
        const labels = tf.cast(given!, 'float32');
        const mass = tf.sum(labels, -1, true);
        const gradient = tf.add(tf.mul(softmaxMinusLabels!, mass), tf.mul(labels, tf.sub(mass, 1)));
        return tf.mul(tf.expandDims((dys as Tensor[])[0]!, -1), gradient);
      },
      labels: () => tf.zerosLike(given!), // targets are constants
    }),
  },
};

/** log softmax over the last axis. */
export const logSoftmax: KernelDefinition = {
  name: 'SslLogSoftmax',
  forward: ({ logits }) => runSingleOp('LogSoftmax', [], [logits!]),
  gradient: {
    outputsToSave: [true],
    gradFunc: (dy, [logProbabilities]) => ({
      logits: () => tf.sub(dy as Tensor, tf.mul(tf.exp(logProbabilities!), tf.sum(dy as Tensor, -1, true))),
    }),
  },
};
