import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor4D } from '@tensorflow/tfjs-core';
import { apply, compile, compileEagerly, disposeTree, randomKey, treeToMap, valueAndGradients, visionTransformer, type TensorRecord } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import { useBackend } from '../use-backend.js';

const batch = 16;

const network = (checkpoint: boolean) => visionTransformer({ imageSize: 64, patchSize: 4, width: 64, depth: 12, heads: 2, stochasticDepth: 0.2, checkpoint });

/** Gradients of a training step by parameter, and the peak of resident memory after it, in megabytes. */
async function run(mode: 'eager' | 'compiled', checkpoint: boolean): Promise<{ gradients: Map<string, Float32Array>; peak: number }> {
  const vit = network(checkpoint);
  const { params, buffers } = vit.init(1);
  const step = (mode === 'eager' ? compileEagerly : compile)(({ trained, images }: { trained: TensorRecord; images: Tensor4D }) => {
    const { gradients } = valueAndGradients((tree: TensorRecord) => {
      const { output } = apply(vit, { params: tree, buffers }, images, { training: true, key: randomKey(0, 1, 'forward') });
      return { value: tf.mean(tf.square(tf.sub(output, 1))) as Scalar, aux: {} };
    }, trained);
    return gradients[0];
  });
  const pixels = Float32Array.from({ length: batch * 64 * 64 * 3 }, (_, i) => Math.sin(i * 0.7));
  const images = tf.tensor4d(pixels, [batch, 64, 64, 3]);
  const result = await step({ trained: params, images });
  const gradients = new Map<string, Float32Array>();
  for (const [path, gradient] of Object.entries(treeToMap(result))) gradients.set(path, (await gradient.data()) as Float32Array);
  disposeTree({ params, buffers, images, result });
  step.dispose();
  return { gradients, peak: process.resourceUsage().maxRSS / 1024 };
}

/** Largest difference in one gradient, relative to its largest entry. */
function worstDifference(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  expect([...b.keys()]).toEqual([...a.keys()]);
  const differences = [...a].map(([path, values]) => {
    const scale = Math.max(1e-4, ...values.map(Math.abs));
    return values.reduce((most, value, i) => Math.max(most, Math.abs(value - b.get(path)![i]!)), 0) / scale;
  });
  return Math.max(...differences);
}

describe('activation checkpointing', () => {
  it('takes less memory in a compiled step, with the same gradients', async () => {
    await useBackend({ device: 'cpu' });
    const start = process.resourceUsage().maxRSS / 1024;
    const less = await run('compiled', true);
    const more = await run('compiled', false);
    expect(worstDifference(more.gradients, less.gradients)).toBeLessThan(1e-3);
    expect(more.peak - start).toBeGreaterThan(1.5 * (less.peak - start));
    const eager = await run('eager', true);
    expect(worstDifference(less.gradients, eager.gradients)).toBeLessThan(1e-3);
  });
});
