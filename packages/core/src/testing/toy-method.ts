import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { ema } from '../method/ema.js';
import { defineMethod } from '../method/define-method.js';
import type { SslMethod } from '../method/method.js';
import { apply } from '../modules/apply.js';
import { relu } from '../modules/activation.js';
import { batchNorm } from '../modules/batch-norm.js';
import { linear } from '../modules/linear.js';
import type { Module } from '../modules/module.js';
import { sequential } from '../modules/sequential.js';
import { l2Normalize } from '../ops/l2-normalize.js';
import { logSoftmax } from '../ops/log-softmax.js';
import { constant } from '../schedules/constant.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

export interface ToyMethodOptions {
  readonly coupling?: 'none' | 'batch';
  readonly batchNorm?: boolean;
  /** Numbers in one image. */
  readonly inputs?: number;
  readonly width?: number;
  readonly dimension?: number;
  /** Overrides parts of the method. */
  readonly change?: Partial<SslMethod<ToyAux, ToyOutputs>>;
}

export type ToyAux = { readonly buffers: TensorRecord; readonly teacher: TensorRecord };
export type ToyOutputs = { readonly first: Tensor2D; readonly second: Tensor2D; readonly target: Tensor2D };

/** Defaults of {@link toyMethod}. */
export const toyMethodDefaults = { coupling: 'batch', batchNorm: false, inputs: 8 * 8 * 3, width: 16, dimension: 8 } as const;

/**
 * A method with everything that a trainer has to handle, in a network of two layers: outputs with and without gradient, a
 * parameter that belongs to the objective (prototypes), an EMA teacher in `aux`, a schedule, a constraint. With coupling
 * 'batch' the views are contrasted within the batch; with 'none' the prototypes' assignments are distilled from the teacher.
 */
export function toyMethod(options: ToyMethodOptions = {}): SslMethod<ToyAux, ToyOutputs> {
  const { coupling, batchNorm: norm, inputs, width, dimension, change } = { ...toyMethodDefaults, ...options };
  const hidden: Module[] = [linear(inputs, width), ...(norm ? [batchNorm(width)] : []), relu()];
  const network = sequential<Tensor2D, Tensor2D>([...hidden, linear(width, dimension)]);
  const prototypes = linear(dimension, 4, { bias: false });
  const flat = (view: Tensor4D) => tf.reshape(view, [view.shape[0], inputs]);

  return defineMethod<ToyAux, ToyOutputs>({
    name: 'toy',
    batch: { views: 2 },
    coupling,
    schedules: { momentum: constant(0.9) },
    groups: [],
    init(seed) {
      const { params, buffers } = network.init(seed);
      return {
        params: { network: params, prototypes: prototypes.init(seed + 1).params },
        aux: { buffers, teacher: network.init(seed).params },
      };
    },
    forward({ params, aux, views, training, key }) {
      const run = (weights: TensorRecord, view: Tensor4D) =>
        apply(network, { params: weights, buffers: aux.buffers }, flat(view), { training, key });
      const [one, two] = views as [Tensor4D, Tensor4D];
      const first = run(params.network as TensorRecord, one);
      const second = run(params.network as TensorRecord, two);
      const target = run(aux.teacher, two);
      return {
        outputs: { first: l2Normalize(first.output), second: l2Normalize(second.output), target: l2Normalize(target.output) },
        aux: { buffers: second.buffers },
      };
    },
    objective({ params, outputs: { first, second, target } }) {
      const weight = l2Normalize((params.prototypes as { weight: Tensor2D }).weight);
      const scores = (z: Tensor2D) => tf.div<Tensor2D>(tf.matMul(z, weight, false, true), 0.5);
      const distilled = crossEntropy(tf.softmax(tf.div<Tensor2D>(scores(target), 0.2)), scores(first));
      const similarity = tf.div<Tensor2D>(tf.matMul(first, second, false, true), 0.2);
      const contrast = crossEntropy(tf.eye(first.shape[0]), similarity);
      const loss = coupling === 'batch' ? tf.add<Scalar>(contrast, distilled) : distilled;
      return { loss, metrics: { distilled }, carry: { centre: tf.mean(target, 0) } };
    },
    constrain: (params) => ({
      ...params,
      prototypes: { weight: l2Normalize((params.prototypes as { weight: Tensor2D }).weight) },
    }),
    updateAux: ({ params, aux, schedules }) => ({
      ...aux,
      teacher: ema(aux.teacher, params.network as TensorRecord, schedules.momentum!),
    }),
    embed: ({ params, aux, images }) =>
      apply(network, { params: params.network as TensorRecord, buffers: aux.buffers }, flat(images), { training: false }).output,
    ...change,
  });
}

function crossEntropy(targets: Tensor2D, logits: Tensor2D): Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(targets, logSoftmax(logits)), 1)));
}
