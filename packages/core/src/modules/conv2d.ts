import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { childSeed } from '../random/hash.js';
import { normalTensor, uniformTensor } from './initialise.js';
import type { Module } from './module.js';

export interface Conv2dOptions {
  readonly stride?: number;
  /** Zeros on each of the four sides, as in PyTorch. */
  readonly padding?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  /** 'torch': nn.Conv2d's uniform default. 'kaimingFanOut': normal with variance 2 / fan-out, as torchvision's ResNets. */
  readonly initialisation?: 'torch' | 'kaimingFanOut';
}

export const conv2dDefaults = {
  stride: 1,
  padding: 0,
  groups: 1,
  bias: true,
  initialisation: 'torch',
} as const satisfies Required<Conv2dOptions>;

/**
 * Two-dimensional convolution of `[batch, height, width, inputs]`.
 *
 * Output height is floor((height + 2 padding - kernel) / stride) + 1. `weight` is kept
 * `[kernel, kernel, inputs / groups, outputs]`, `bias` `[outputs]`.
 *
 * @param kernel - Height and width of the filter.
 * @throws SslError where `groups` does not divide inputs and outputs.
 */
export function conv2d(
  inputs: number,
  outputs: number,
  kernel: number,
  options: Conv2dOptions = {},
): Module<Tensor4D, Tensor4D> {
  const { stride, padding, groups, bias, initialisation } = { ...conv2dDefaults, ...options };
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw new SslError(
      `conv2d needs groups that divide inputs and outputs, got ${String(groups)} for ${String(inputs)} and ${String(outputs)}. Choose a common divisor.`,
      { from: '@ssl/core' },
    );
  }
  const shape: [number, number, number, number] = [kernel, kernel, inputs / groups, outputs];
  const bound = 1 / Math.sqrt((inputs / groups) * kernel * kernel);
  return {
    init(seed) {
      const weightSeed = childSeed(seed, 'weight');
      const weight =
        initialisation === 'torch'
          ? uniformTensor(weightSeed, shape, bound)
          : normalTensor(weightSeed, shape, Math.sqrt(2 / (outputs * kernel * kernel)));
      const params = bias ? { weight, bias: uniformTensor(childSeed(seed, 'bias'), [outputs], bound) } : { weight };
      return { params, buffers: {} };
    },
    forward: (scope, input) =>
      tf.tidy(() => {
        const y = convolve(input, scope.param<Tensor4D>('weight'), stride, padding, groups);
        return scope.has('bias') ? tf.add(y, scope.param<Tensor1D>('bias')) : y;
      }),
  };
}

function convolve(x: Tensor4D, weight: Tensor4D, stride: number, padding: number, groups: number): Tensor4D {
  const { input, pad } = padLikeTorch(x, weight.shape[0], stride, padding);
  if (groups === 1) return tf.conv2d(input, weight, stride, pad);
  const [height, width, perGroup, outputs] = weight.shape;
  if (perGroup === 1) {
    const depthwise = tf.reshape(weight, [height, width, groups, outputs / groups]);
    return tf.depthwiseConv2d<Tensor4D>(input, depthwise as Tensor4D, stride, pad);
  }
  const weights = tf.split<Tensor4D>(weight, groups, 3);
  const parts = tf
    .split<Tensor4D>(input, groups, 3)
    .map((part, i) => tf.conv2d(part, weights[i]!, stride, pad));
  return tf.concat<Tensor4D>(parts, 3);
}

/**
 * TensorFlow's 'same' puts the odd row of padding at the end, PyTorch pads both sides alike. Where the two agree the
 * convolution pads by itself; elsewhere zeros are laid around the input first, because the gradient kernels take no
 * explicit padding, or are slow with it (libtensorflow's in bfloat16 five times).
 */
function padLikeTorch(
  x: Tensor4D,
  kernel: number,
  stride: number,
  padding: number,
): { input: Tensor4D; pad: 'same' | 'valid' } {
  if (padding === 0) return { input: x, pad: 'valid' };
  const agrees = (size: number): boolean => {
    const total = (Math.ceil(size / stride) - 1) * stride + kernel - size;
    return total === 2 * padding;
  };
  if (agrees(x.shape[1]) && agrees(x.shape[2])) return { input: x, pad: 'same' };
  const side: [number, number] = [padding, padding];
  return { input: tf.pad(x, [[0, 0], side, side, [0, 0]]), pad: 'valid' };
}
