import {
  adamw,
  apply,
  compile,
  excludeBiasAndNorm,
  foldIn,
  mapToTree,
  resolveGroups,
  treeToMap,
  valueAndGradients,
  withPrecision,
  type CompiledFunction,
  type Module,
  type ParameterGroupRule,
  type TensorRecord,
  type Views,
} from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { FineTuneSettings } from './fine-tune-options.js';
import { onlyView } from '../embed/only-view.js';
import { smoothedCrossEntropy } from './smoothed-cross-entropy.js';

/** What a step changes. */
export type FineTuneState = { readonly params: TensorRecord; readonly buffers: TensorRecord; readonly optimizer: TensorRecord };

export type FineTuneStepInput = {
  readonly state: FineTuneState;
  readonly images: tf.Tensor4D;
  readonly aspects: tf.Tensor1D;
  /** int32 `[batch]`. */
  readonly labels: tf.Tensor1D;
  readonly learningRate: tf.Scalar;
  readonly step: tf.Scalar;
  readonly progress: tf.Scalar;
  readonly key: tf.Tensor1D;
};

export type FineTuneStep = CompiledFunction<FineTuneStepInput, { state: FineTuneState; loss: tf.Scalar }>;

export interface FineTuneStepOptions extends Pick<FineTuneSettings, 'weightDecay' | 'labelSmoothing' | 'clipNorm' | 'precision'> {
  readonly network: Module<tf.Tensor4D, tf.Tensor2D>;
  /** Of the network, for its paths and shapes. */
  readonly params: TensorRecord;
  readonly rates: readonly ParameterGroupRule[];
  readonly classCount: number;
  readonly views: Views | undefined;
}

/** The optimizer of fine-tuning. */
export const fineTuneOptimizer = adamw();

/** Views, forward, loss, gradients and AdamW as one compiled function. */
export function fineTuneStep(options: FineTuneStepOptions): FineTuneStep {
  const { network, params, rates, classCount, views, weightDecay, labelSmoothing, clipNorm, precision } = options;
  const groups = resolveGroups(treeToMap(params), [excludeBiasAndNorm, ...rates]);
  return compile(
    ({ state, images, aspects, labels, learningRate, step, progress, key }: FineTuneStepInput) => {
      const made = views?.({ images, aspects, labels, key: foldIn(key, 'views'), step, progress }) ?? { views: [images] };
      const view = onlyView(made.views);
      const targets = (made.extras?.targets as tf.Tensor2D | undefined) ?? (tf.cast(tf.oneHot(labels, classCount), 'float32') as tf.Tensor2D);
      const { value, gradients, aux } = valueAndGradients((weights: TensorRecord) => {
        const { output, buffers } = apply(network, { params: weights, buffers: state.buffers }, view, { training: true, key: foldIn(key, 'network') });
        const loss = withPrecision('float32', () => tf.mean(smoothedCrossEntropy(output, targets, labelSmoothing)));
        return { value: loss as tf.Scalar, aux: buffers };
      }, state.params);
      const grads = treeToMap(gradients[0]);
      const updated = fineTuneOptimizer.update({
        params: treeToMap(state.params),
        grads: clipNorm === 0 ? grads : clip(grads, clipNorm),
        state: state.optimizer,
        learningRate,
        peakLearningRate: learningRate,
        weightDecay: tf.scalar(weightDecay),
        step,
        groups,
      });
      return { state: { params: mapToTree(updated.params), buffers: aux, optimizer: updated.state }, loss: value };
    },
    { name: 'fine-tuning step', ...(precision === undefined ? {} : { precision }) },
  );
}

/** PyTorch's `clip_grad_norm_`. */
function clip(grads: Readonly<Record<string, tf.Tensor>>, limit: number): Record<string, tf.Tensor> {
  const norm = tf.sqrt(tf.addN(Object.values(grads).map((grad) => tf.sum(tf.square(grad)))));
  const factor = tf.minimum(1, tf.div(limit, tf.add(norm, 1e-6)));
  return Object.fromEntries(Object.entries(grads).map(([path, grad]) => [path, tf.mul(grad, factor)]));
}
