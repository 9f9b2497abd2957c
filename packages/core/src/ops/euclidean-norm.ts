import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/** Root of the sum of squares over all elements, in one pass where the engine has a kernel for it. No gradient. */
export function euclideanNorm(x: Tensor): Scalar {
  return tf.tidy(() =>
    tf.sqrt(hasKernel('SslSquaredNorm') ? runKernel<Scalar>('SslSquaredNorm', { x }) : tf.sum<Scalar>(tf.square(x))),
  );
}
