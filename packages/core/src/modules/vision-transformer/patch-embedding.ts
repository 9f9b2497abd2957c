import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../../errors.js';
import { childSeed } from '../../random/hash.js';
import { constantTensor, uniformTensor } from '../initialise.js';
import type { Module } from '../module.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

type PatchOptions = Pick<ResolvedVisionTransformer, 'channels' | 'initialisation' | 'patchSize' | 'width'>;

/**
 * Images to one token for each patch, `[batch, height, width, channels]` to `[batch, patches, width]`, row by row.
 *
 * The convolution `proj` whose stride is its kernel, computed as one matrix product.
 */
export function patchEmbedding({
  channels,
  initialisation,
  patchSize: size,
  width,
}: PatchOptions): Module<Tensor4D, Tensor3D> {
  const inputs = size * size * channels;
  const bound = initialisation === 'timm' ? 1 / Math.sqrt(inputs) : Math.sqrt(6 / (inputs + width));
  return {
    init(seed) {
      const biasSeed = childSeed(seed, 'bias');
      const bias = initialisation === 'timm' ? uniformTensor(biasSeed, [width], bound) : constantTensor([width], 0);
      const weight = uniformTensor(childSeed(seed, 'weight'), [size, size, channels, width], bound);
      return { params: { proj: { weight, bias } }, buffers: {} };
    },
    forward(scope, images) {
      const proj = scope.child('proj');
      const [batch] = images.shape;
      const [rows, columns] = patchGrid(images, size);
      return tf.tidy(() => {
        const blocks = tf.reshape(images, [batch, rows, size, columns, size, channels]);
        const patches = tf.reshape(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch * rows * columns, inputs]);
        const weight = tf.reshape(proj.param<Tensor4D>('weight'), [inputs, width]);
        const tokens = tf.add(tf.matMul(patches, weight), proj.param<Tensor1D>('bias'));
        return tf.reshape<tf.Rank.R3>(tokens, [batch, rows * columns, width]);
      });
    },
  };
}

/** Rows and columns of patches. */
export function patchGrid(images: Tensor4D, size: number): [number, number] {
  const [, height, width] = images.shape;
  if (height % size !== 0 || width % size !== 0) {
    throw new SslError(
      `patches of ${size} px need images whose sides are multiples of it, got ${height} x ${width}. Crop or resize the images, or choose another patch size.`,
      { from: '@ssl/core' },
    );
  }
  return [height / size, width / size];
}
