export const methodSource = ({ name, camel, pascal }) => `import { applyToViews, backboneBranch, backboneFeatures, defineMethod, linear, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { ${camel}Loss, ${camel}LossDefaults } from './${name}-loss.js';

export interface ${pascal}Options {
  readonly backbone: Backbone;
  /** Dimension of the embeddings that are compared. */
  readonly dimension?: number;
  /** Weight of the uniformity term. */
  readonly uniformity?: number;
}

export const ${camel}Defaults = { dimension: 128, uniformity: ${camel}LossDefaults.uniformity } as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly first: Tensor2D; readonly second: Tensor2D };

/**
 * ${pascal}: two views of an image agree, the images of a batch spread over the sphere.
 *
 * Backbone and a linear projector, two views, the loss over the whole batch. Evaluated: the backbone.
 *
 * @throws SslError for dimensions below 1.
 */
export function ${camel}(options: ${pascal}Options): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, dimension, uniformity } = { ...${camel}Defaults, ...options };
  const network = sequential({ backbone, projector: linear(backbone.featureDimension, dimension) });
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: '${name}',
    batch: { views: 2 },
    coupling: 'batch',
    positivePair: ({ first, second }) => [first, second],
    schedules: {},
    groups: [],
    collapse: [
      {
        name: 'constant-embedding',
        metric: 'loss',
        value: 0,
        tolerance: 0.01,
        diagnosis: 'every image has the same embedding',
        remedy: 'raise uniformity or lower the learning rate',
      },
    ],

    init(seed) {
      const { params, buffers } = network.init(seed);
      return { params, aux: { buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const { outputs, buffers } = applyToViews(network, { params, buffers: aux.buffers }, views, { training, key });
      const [first, second] = outputs as [Tensor2D, Tensor2D];
      return { outputs: { first, second }, aux: { buffers } };
    },

    objective: ({ outputs: { first, second } }) => ({ loss: ${camel}Loss(first, second, { uniformity }), metrics: {}, carry: {} }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
`;

export const methodTest = ({ name, camel }) => `import { useBackend } from '@ssl/backend';
import { smallConvNet } from '@ssl/core';
import { conformance } from '@ssl/core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { methods } from './index.js';
import { ${camel} } from './${name}.js';
import { ${camel}Plugin } from './${name}-plugin.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

describe('${name} conforms', () => {
  conformance({ test, method: () => ${camel}({ backbone: backbone(), dimension: 8 }) });
});

describe('the plugin of ${name}', () => {
  const context = { backbone: backbone(), imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10 };

  test('makes its method with both presets', () => {
    const { defaults, smallData } = ${camel}Plugin;
    expect(${camel}Plugin.create(context, defaults).method.name).toBe('${name}');
    expect(${camel}Plugin.create(context, { ...defaults, ...smallData }).method.name).toBe('${name}');
    expect(Object.keys(smallData).filter((key) => !(key in defaults))).toEqual([]);
  });

  test('is found by the command', () => {
    expect(methods.map((plugin) => plugin.name)).toContain('${name}');
  });
});
`;
