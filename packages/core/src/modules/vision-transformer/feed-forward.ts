import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { gelu } from '../../ops/gelu.js';
import { initChildren } from '../init-children.js';
import type { Module } from '../module.js';
import { transformerLinear } from './transformer-weights.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

/**
 * The feed-forward part of a block, with timm's names `fc1` and `fc2`.
 *
 * 'mlp': fc2(gelu(fc1(x))). 'swiglu' (Shazeer 2020): fc2(silu(a) b) with a and b the halves of fc1(x).
 */
export function feedForward(options: ResolvedVisionTransformer): Module<Tensor2D, Tensor2D> {
  const { width, mlpRatio, feedForward: kind } = options;
  const hidden = Math.trunc(width * mlpRatio);
  const children = {
    fc1: transformerLinear(width, hidden, options),
    fc2: transformerLinear(kind === 'mlp' ? hidden : hidden / 2, width, options),
  };
  return {
    init: (seed) => initChildren(seed, children),
    forward: (scope, input) =>
      tf.tidy(() => {
        const x = children.fc1.forward(scope.child('fc1'), input) as Tensor2D;
        return children.fc2.forward(scope.child('fc2'), kind === 'mlp' ? gelu(x) : gate(x)) as Tensor2D;
      }),
  };
}

function gate(x: Tensor2D): Tensor2D {
  const [a, b] = tf.split<Tensor2D>(x, 2, 1) as [Tensor2D, Tensor2D];
  return tf.mul(tf.mul(a, tf.sigmoid(a)), b);
}
