import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { activeBackend, attribute, runOp } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

const layout = attribute.string('data_format', 'NHWC');
const training = attribute.bool('is_training', true);

/** `[N, C]` as `[N, 1, 1, C]`; images stay as they are. */
function asImages(x: Tensor): Tensor {
  const [rows, channels] = x.shape as [number, number];
  return x.rank === 2 ? tf.reshape(x, [rows, 1, 1, channels]) : x;
}

/** Undoes {@link asImages}. A reshape that changes nothing would keep the library from making one pass of the norm and a ReLU. */
function fromImages(images: Tensor, x: Tensor): Tensor {
  return x.rank === 2 ? tf.reshape(images, x.shape) : images;
}

/**
 * Batch normalisation with the statistics of the batch: TensorFlow's FusedBatchNormV3, which returns the unbiased
 * variance beside the normalised values, and what its gradient needs.
 */
export const batchNormTraining: KernelDefinition = {
  name: 'SslBatchNormTraining',
  forward({ x, scale, offset }, { epsilon }) {
    const none = tf.tensor1d([], 'float32');
    const attributes = [
      attribute.float('epsilon', epsilon as number),
      attribute.float('exponential_avg_factor', 1),
      layout,
      training,
    ];
    const [y, ...statistics] = runOp('FusedBatchNormV3', attributes, [asImages(x!), scale!, offset!, none, none], 6);
    return [fromImages(y!, x!), ...statistics];
  },
  gradient: {
    inputsToSave: ['x', 'scale'],
    outputsToSave: [false, false, false, true, true, true],
    gradFunc(dys, [x, scale, mean, deviation, workspace], { epsilon }) {
      const dy = (dys as Tensor[])[0]!; // mean and variance have no gradient
      // A processor's gradient does not read the workspace, which a norm with ReLU fills: the library would keep it until then.
      const reserved = [mean!, deviation!, activeBackend().binding.runtime.hasGpu ? workspace! : tf.tensor1d([], 'float32')];
      const attributes = [attribute.float('epsilon', epsilon as number), layout, training];
      const [dx, dScale, dOffset] = runOp('FusedBatchNormGradV3', attributes, [asImages(dy), asImages(x!), scale!, ...reserved], 5);
      return { x: () => fromImages(dx!, x!), scale: () => dScale!, offset: () => dOffset! };
    },
  },
};
