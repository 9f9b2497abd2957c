import { apply, disposeTree, type Backbone } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** Multiplications and additions of the convolutions and matrix products in a forward pass of one image. */
export function countOperations(backbone: Backbone, imageSize: number, channels: number): number {
  const engine = tf.engine();
  const original = engine.runKernel.bind(engine);
  let total = 0;
  engine.runKernel = ((name: string, inputs: NamedTensorMap, attributes?: tf.NamedAttrMap) => {
    const result = original(name, inputs, attributes);
    total += operationsOf(name, inputs, result);
    return result;
  }) as typeof engine.runKernel;
  const variables = backbone.init(0);
  try {
    tf.tidy(() => void apply(backbone, variables, tf.zeros([1, imageSize, imageSize, channels]) as Tensor4D, { training: false }));
  } finally {
    engine.runKernel = original;
    disposeTree(variables);
  }
  return total;
}

function operationsOf(name: string, { a, b, filter, query, key }: NamedTensorMap, result: unknown): number {
  const size = (result as Tensor).size;
  if ((name === 'BatchMatMul' || name === '_FusedMatMul') && a !== undefined && b !== undefined) {
    const batch = (result as Tensor).shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
    // Of B x M x K and B x K x N, transposed or not, K is this.
    return 2 * size * Math.sqrt((a.size * b.size) / size / batch);
  }
  if (name === 'Conv2D' && filter !== undefined) return 2 * size * (filter.size / filter.shape.at(-1)!);
  if (name === 'SslAttention' && query !== undefined && key !== undefined) return 4 * query.size * key.shape[2]!;
  return 0;
}
