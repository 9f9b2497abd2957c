import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromStateDict } from '../files/state-dict.js';
import { storeValues } from '../files/stored-tensor.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { silu } from './activation.js';
import { apply } from './apply.js';
import { averagePool } from './average-pool.js';
import { batchNorm } from './batch-norm.js';
import { conv2d } from './conv2d.js';
import { groupNorm } from './group-norm.js';
import { layerNormalization } from './layer-normalization.js';
import { linear } from './linear.js';
import { maxPool } from './max-pool.js';
import { mlp, type MlpOptions } from './mlp.js';
import type { Module } from './module.js';

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}

type Named = 'inputs' | 'outputs' | 'kernel' | 'stride' | 'padding' | 'groups' | 'channels' | 'features' | 'epsilon' | 'momentum';

type Options = Partial<Record<Named, number>> & { bias?: boolean; affine?: boolean; widths?: number[] };

interface Case {
  readonly kind: string;
  readonly options: Options;
  readonly training: boolean;
  readonly state: Record<string, Packed>;
  readonly input: Packed;
  readonly output: Packed;
  readonly cotangent: Packed;
  readonly inputGradient: Packed;
  readonly gradients: Record<string, Packed>;
  readonly buffers: Record<string, Packed>;
}

const { cases } = JSON.parse(readFileSync(new URL('./__fixtures__/layers.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

/** Each kind of layer from the options that the golden script wrote. */
const layers: Readonly<Record<string, (options: Options) => Module>> = {
  conv2d: ({ inputs, outputs, kernel, ...options }) => conv2d(inputs!, outputs!, kernel!, options) as Module,
  linear: ({ inputs, outputs, ...options }) => linear(inputs!, outputs!, options),
  maxPool: ({ kernel, ...options }) => maxPool(kernel!, options) as Module,
  averagePool: ({ kernel, ...options }) => averagePool(kernel!, options) as Module,
  batchNorm: ({ channels, ...options }) => batchNorm(channels!, options),
  groupNorm: ({ groups, channels }) => groupNorm(groups!, channels!) as Module,
  layerNormalization: ({ features, ...options }) => layerNormalization(features!, options),
  silu: () => silu(),
  mlp: ({ widths, ...options }) => mlp(widths!, options as MlpOptions) as Module,
};

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const unpack = ({ values, shape }: Packed): Tensor => tf.tensor(values, shape, 'float32');

/** PyTorch's layout of a convolution weight for comparison with its gradient. */
const torchLayout = (tensor: Tensor): Tensor => (tensor.rank === 4 ? tf.transpose(tensor, [3, 2, 0, 1]) : tensor);

function expectClose(actual: Tensor, expected: Packed, what: string): void {
  expect(actual.shape, what).toEqual(expected.shape);
  actual.dataSync().forEach((value, i) => {
    const difference = Math.abs(value - expected.values[i]!);
    expect(difference, `${what}[${i}]`).toBeLessThan(2e-5 * Math.max(1, Math.abs(expected.values[i]!)));
  });
}

describe('against PyTorch', () => {
  it.each(cases.map((item): [string, Case] => [`${item.kind} ${JSON.stringify(item.options)}`, item]))(
    '%s: output, gradients, buffers',
    (_name, { kind, options, training, state, input, output, cotangent, ...golden }) => {
      const layer = layers[kind]!(options);
      const stored = Object.fromEntries(
        Object.entries(state).map(([name, { values, shape }]) => [name, storeValues(values, shape, 'F32')]),
      );
      const { params, buffers } = fromStateDict(stored, layer.init(0));
      const weights = unpack(cotangent);
      const { aux, gradients } = valueAndGradients(
        (tree, x: Tensor) => {
          const result = apply(layer, { params: tree, buffers }, x, { training });
          return { value: tf.sum<tf.Scalar>(tf.mul(result.output, weights)), aux: { ...result } };
        },
        params,
        unpack(input),
      );
      expectClose(aux.output, output, 'output');
      expectClose(gradients[1], golden.inputGradient, 'gradient of the input');
      const byName = treeToMap(gradients[0]);
      expect(Object.keys(byName).sort()).toEqual(Object.keys(golden.gradients).sort());
      for (const [name, tensor] of Object.entries(byName)) {
        expectClose(torchLayout(tensor), golden.gradients[name]!, `gradient of ${name}`);
      }
      for (const [name, tensor] of Object.entries(treeToMap(aux.buffers))) {
        expectClose(tensor, golden.buffers[name]!, name);
      }
    },
  );
});
