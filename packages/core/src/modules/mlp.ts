import { SslError } from '../errors.js';
import { relu } from './activation.js';
import { batchNorm } from './batch-norm.js';
import { linear } from './linear.js';
import type { Module } from './module.js';
import { sequential } from './sequential.js';
import type { Tensor2D } from '@tensorflow/tfjs-core';

export interface MlpOptions {
  /** Batch norm after which linear layers: none, all but the last, or all. */
  readonly batchNorm?: 'none' | 'hidden' | 'all';
  /** Does the last batch norm have weight and bias? */
  readonly lastAffine?: boolean;
  /** Bias of the hidden linear layers; left out by default where batch norm follows, which has its own. */
  readonly hiddenBias?: boolean;
  /** Bias of the last linear layer; left out by default where batch norm follows. */
  readonly lastBias?: boolean;
  /** First weight of each linear layer, `[outputs, inputs]`, from a seed; biases then start at 0. PyTorch's uniform default if left out. */
  readonly weight?: (seed: number, shape: [number, number]) => Tensor2D;
  /** Between the layers. */
  readonly activation?: () => Module;
}

export const mlpDefaults = { batchNorm: 'hidden', lastAffine: true, activation: relu } as const satisfies MlpOptions;

/**
 * A projection or prediction head: linear layers with batch norm and an activation between them.
 *
 * Children are numbered as in `nn.Sequential`: with batch norm 0 linear, 1 batch norm, 2 activation, 3 linear.
 *
 * @param widths - Features from the input to the output, at least two: `[512, 2048, 128]` has one hidden layer.
 * @throws SslError where `widths` has fewer than two entries.
 * @example
 * mlp([512, 512, 128]); // SimCLR's projector
 */
export function mlp(widths: readonly number[], options: MlpOptions = {}): Module<Tensor2D, Tensor2D> {
  const { batchNorm: norms, lastAffine, activation } = { ...mlpDefaults, ...options };
  if (widths.length < 2) {
    throw new SslError(
      `mlp needs the widths of input and output at least, got [${widths.join(', ')}]. Give [input, hidden, output].`,
      { from: '@ssl/core' },
    );
  }
  const layers: Module[] = [];
  widths.slice(1).forEach((outputs, i) => {
    const last = i === widths.length - 2;
    const normalised = norms === 'all' || (norms === 'hidden' && !last);
    const bias = (last ? options.lastBias : options.hiddenBias) ?? !normalised;
    const inputs = widths[i]!;
    const { weight } = options;
    layers.push(linear(inputs, outputs, { bias, ...(weight && { weight: (seed: number) => weight(seed, [outputs, inputs]) }) }));
    if (normalised) layers.push(batchNorm(outputs, { affine: last ? lastAffine : true }));
    if (!last) layers.push(activation());
  });
  return sequential(layers);
}
