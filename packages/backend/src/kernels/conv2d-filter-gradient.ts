import * as tf from '@tensorflow/tfjs-core';
import type { backend_util, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';

type Conv2DPadding = Parameters<typeof backend_util.computeConv2DInfo>[4];

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: Conv2DPadding;
  readonly dataFormat: 'NHWC' | 'NCHW';
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape: [number, number, number, number];
}

/**
 * Gradient of a convolution with respect to its filter, from operations that every backend has: for each of the
 * `kh * kw` filter positions, the product of the shifted images (transposed) and the output's gradient.
 * WebAssembly has no such kernel, and tfjs's JavaScript one reads each number through a function call.
 */
export function conv2dFilterGradient(x: Tensor4D, dy: Tensor4D, attributes: Attributes): Tensor4D {
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attributes;
  if (dataFormat !== 'NHWC') {
    throw new SslError(
      `the filter gradient of a convolution needs dataFormat 'NHWC' on this device, got '${dataFormat}'. Transpose the images to channels last.`,
      { from: '@ssl/backend' },
    );
  }
  const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, batchSize } = info;
  const { strideHeight, strideWidth, padInfo } = info;
  return tf.tidy(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [padInfo.top, Math.max(0, padInfo.bottom)],
      [padInfo.left, Math.max(0, padInfo.right)],
      [0, 0],
    ]);
    const rows = batchSize * outHeight * outWidth;
    const gradient: Tensor2D = tf.reshape(dy, [rows, outChannels]);
    const positions: Tensor2D[] = [];
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const seen = tf.stridedSlice(
          padded,
          [0, row, column, 0],
          [
            batchSize,
            row + (outHeight - 1) * strideHeight + 1,
            column + (outWidth - 1) * strideWidth + 1,
            inChannels,
          ],
          [1, strideHeight, strideWidth, 1],
        );
        positions.push(tf.matMul(tf.reshape(seen, [rows, inChannels]), gradient, true, false)); // [in, out]
      }
    }
    return tf.reshape(tf.concat(positions, 0), filterShape);
  });
}

/** Puts {@link conv2dFilterGradient} in the place of the backend's own kernel. */
export function registerConv2dFilterGradient(backendName: string): void {
  if (tf.getKernel(tf.Conv2DBackpropFilter, backendName) !== undefined) {
    tf.unregisterKernel(tf.Conv2DBackpropFilter, backendName);
  }
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName,
    kernelFunc: ({ inputs, attrs }) =>
      conv2dFilterGradient(inputs.x as Tensor4D, inputs.dy as Tensor4D, attrs as unknown as Attributes),
  });
}
