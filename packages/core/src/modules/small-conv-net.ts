import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { relu } from './activation.js';
import { batchNorm } from './batch-norm.js';
import { conv2d } from './conv2d.js';
import type { Backbone, Module } from './module.js';
import { sequential } from './sequential.js';

export interface SmallConvNetOptions {
  /** Channels of the images. */
  readonly channels?: number;
  /** Channels of each 3 x 3 convolution. */
  readonly widths?: readonly number[];
  /** Stride of each convolution. */
  readonly strides?: readonly number[];
}

export const smallConvNetDefaults = {
  channels: 3,
  widths: [16, 32, 32, 64, 64, 128],
  strides: [2, 2, 1, 2, 1, 2],
} as const satisfies Required<SmallConvNetOptions>;

/**
 * A network for small images and few processor minutes: 3 x 3 convolutions with batch norm and ReLU, an early stride,
 * global average.
 *
 * Children are numbered as in `nn.Sequential([conv, norm, relu] * layers)`. A minute of training shows it many more
 * epochs than a ResNet gets, which counts more than width at that size.
 *
 * @throws SslError where widths and strides differ in number.
 */
export function smallConvNet(options: SmallConvNetOptions = {}): Backbone {
  const { channels, widths, strides } = { ...smallConvNetDefaults, ...options };
  const featureDimension = widths.at(-1);
  if (featureDimension === undefined || widths.length !== strides.length) {
    throw new SslError(
      `smallConvNet needs one stride for each width, got ${String(widths.length)} widths and ${String(strides.length)} strides. Give lists of the same length.`,
      { from: '@ssl/core' },
    );
  }
  const layers = widths.flatMap((width, i): Module[] => [
    conv2d(widths[i - 1] ?? channels, width, 3, {
      stride: strides[i]!,
      padding: 1,
      bias: false,
      initialisation: 'kaimingFanOut',
    }),
    batchNorm(width),
    relu(),
  ]);
  const features = sequential<Tensor4D, Tensor4D>(layers);
  return {
    name: 'small-conv-net',
    featureDimension,
    init: (seed) => features.init(seed),
    featureMap: (scope, images) => features.forward(scope, images),
    forward: (scope, images) => tf.mean(features.forward(scope, images), [1, 2]),
  };
}
