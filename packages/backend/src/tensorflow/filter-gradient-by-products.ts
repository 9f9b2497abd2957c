import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { tensorflowType } from './data-type.js';

/** Sizes of a convolution over images with the channels last. */
export type ConvolutionSizes = Pick<
  tf.backend_util.Conv2DInfo,
  'batchSize' | 'filterHeight' | 'filterWidth' | 'inChannels' | 'inHeight' | 'inWidth' | 'outChannels' | 'outHeight' | 'outWidth' | 'strideHeight' | 'strideWidth' | 'dilationHeight' | 'dilationWidth' | 'dataFormat'
> & { readonly padInfo: Pick<tf.backend_util.PadInfo, 'top' | 'left'> };

/** Least length that shifted views of an axis need, in steps of the stride. */
const needed = (out: number, filter: number, stride: number): number => stride * (out + Math.floor((filter - 1) / stride));

/**
 * True where products are quicker than the library's own filter gradient. Measured with oneDNN 3.7.3, one thread of a
 * processor with AVX512-BF16, 3 x 3 filters: with stride 2 and 256 output channels or more 1.2 to 3.4 times, with stride 1 in
 * bfloat16 1.0 to 1.9 times; with fewer channels, or stride 1 in float32, slower. 1 x 1 filters of 256 channels and more on
 * both sides, bfloat16: 1.0 to 1.4 times.
 */
export function isQuickerByProducts(sizes: ConvolutionSizes, type: number): boolean {
  const { filterHeight, filterWidth, outChannels, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, padInfo, dilationHeight, dilationWidth, dataFormat, inChannels } = sizes;
  const low = type === tensorflowType.bfloat16;
  return (
    (low || type === tensorflowType.float) &&
    dataFormat === 'channelsLast' &&
    dilationHeight * dilationWidth === 1 &&
    (filterHeight * filterWidth > 1 || (low && inChannels >= 256)) &&
    outChannels >= 256 &&
    (strideHeight * strideWidth > 1 || low) &&
    // Rows and columns that no filter position sees would have to be cut away first.
    padInfo.top + inHeight <= needed(outHeight, filterHeight, strideHeight) &&
    padInfo.left + inWidth <= needed(outWidth, filterWidth, strideWidth)
  );
}

/**
 * True where oneDNN 3.7.3 computes a wrong filter gradient, or ends the process, on a processor without AVX-512: 1 x 1 filters with a
 * stride on fewer channels than a vector has numbers.
 */
export function isWrongInOneDnn({ filterHeight, filterWidth, inChannels, strideHeight, strideWidth, dataFormat }: ConvolutionSizes): boolean {
  return dataFormat === 'channelsLast' && filterHeight * filterWidth === 1 && strideHeight * strideWidth > 1 && inChannels < 8;
}

/**
 * Gradient of a convolution with respect to its filter: for each of the filter's positions the product of the images, shifted
 * and transposed, with the output's gradient.
 *
 * @param x `[N, H, W, C]`
 * @param dy `[N, h, w, D]`
 * @returns `[filterHeight, filterWidth, C, D]`
 */
export function filterGradientByProducts(x: Tensor4D, dy: Tensor4D, sizes: ConvolutionSizes): Tensor4D {
  const { batchSize, filterHeight, filterWidth, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth, strideHeight, strideWidth, padInfo } = sizes;
  const [height, width] = [needed(outHeight, filterHeight, strideHeight), needed(outWidth, filterWidth, strideWidth)];
  const vertical: [number, number] = [padInfo.top, height - inHeight - padInfo.top];
  const horizontal: [number, number] = [padInfo.left, width - inWidth - padInfo.left];
  return tf.tidy(() => {
    const whole = [...vertical, ...horizontal].every((zeros) => zeros === 0) ? x : tf.pad(x, [[0, 0], vertical, horizontal, [0, 0]]);
    // With an axis for the phase of each stride a shifted image is a plain slice, which the library copies at the speed of memory.
    const phases = tf.reshape(whole, [batchSize, height / strideHeight, strideHeight, width / strideWidth, strideWidth, inChannels]);
    const gradient: Tensor2D = tf.reshape(dy, [-1, outChannels]);
    const positions: Tensor2D[] = [];
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const begin = [0, Math.floor(row / strideHeight), row % strideHeight, Math.floor(column / strideWidth), column % strideWidth, 0];
        const seen = tf.slice(phases, begin, [batchSize, outHeight, 1, outWidth, 1, inChannels]);
        positions.push(tf.matMul(tf.reshape(seen, [-1, inChannels]) as Tensor2D, gradient, true, false));
      }
    }
    return tf.reshape(tf.concat(positions, 0), [filterHeight, filterWidth, inChannels, outChannels]);
  });
}
