import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import {
  apply,
  compile,
  compileEagerly,
  disposeTree,
  flattenTree,
  mapToTree,
  resnet18,
  resolveGroups,
  sgd,
  smallConvNet,
  treeToMap,
  valueAndGradients,
  type Backbone,
  type TensorMap,
  type TensorRecord,
} from '@ssl/core';
import { l2Normalize, softmaxCrossEntropy } from '@ssl/core/ops';
import { describe, expect, it } from 'vitest';
import { useBackend } from './use-backend.js';

const images = 8;
const steps = 4;

// The last one ends in batch norms over 16 values, where rounding grows by 100 each step at the others' rate.
const networks: { name: string; backbone: Backbone; size: number; rate: number }[] = [
  { name: 'smallConvNet', backbone: smallConvNet({ widths: [8, 12, 16], strides: [2, 1, 2] }), size: 16, rate: 0.05 },
  { name: 'resnet18 with the stem for 32 px', backbone: resnet18({ stem: 'cifar', width: 4 }), size: 8, rate: 0.05 },
  { name: 'resnet18 with the stem for 224 px', backbone: resnet18({ stem: 'imagenet', width: 4 }), size: 32, rate: 0.001 },
];

/** NT-Xent over the views in `features`, the two views of an image being rows i and i + n. */
function contrastiveLoss(features: Tensor2D): Scalar {
  const rows = features.shape[0];
  const z = l2Normalize(features);
  const itself = tf.mul(tf.eye(rows), -1e9);
  const logits: Tensor2D = tf.add(tf.div(tf.matMul(z, z, false, true), 0.5), itself);
  const partner = Array.from({ length: rows }, (_, i) => (i + rows / 2) % rows);
  return tf.mean(softmaxCrossEntropy(logits, tf.oneHot(tf.tensor1d(partner, 'int32'), rows) as Tensor2D));
}

interface State {
  readonly [name: string]: TensorRecord;
  readonly params: TensorRecord;
  readonly buffers: TensorRecord;
  readonly optimizer: TensorRecord;
}

/** One step of training: forward, loss, gradients, SGD with momentum. */
function trainingStep(backbone: Backbone, learningRate: number): (args: { state: State; views: Tensor4D }) => { state: State; loss: Scalar } {
  const optimizer = sgd();
  return ({ state, views }) => {
    const { value, aux, gradients } = valueAndGradients((params: TensorRecord) => {
      const { output, buffers } = apply(backbone, { params, buffers: state.buffers }, views, { training: true });
      return { value: contrastiveLoss(output), aux: buffers };
    }, state.params);
    const params: TensorMap = treeToMap(state.params);
    const rate = tf.scalar(learningRate);
    const updated = optimizer.update({
      params,
      grads: treeToMap(gradients[0]),
      state: state.optimizer,
      learningRate: rate,
      peakLearningRate: rate,
      weightDecay: tf.scalar(1e-4),
      step: tf.scalar(1),
      groups: resolveGroups(params, []),
    });
    return { state: { params: mapToTree(updated.params), buffers: aux, optimizer: updated.state }, loss: value };
  };
}

/** Losses of a few steps and the weights after them, from a fixed start and a fixed batch. */
async function trainOn({ backbone, size, rate }: (typeof networks)[number], mode: 'eager' | 'compiled'): Promise<{ losses: number[]; weights: Map<string, Float32Array> }> {
  const shape: [number, number, number, number] = [2 * images, size, size, 3];
  const pixels = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(0.37 * i) + Math.cos(0.011 * i * (1 + (i % 7))));
  const views = tf.tensor4d(pixels, shape);
  const { params, buffers } = backbone.init(7);
  const momentum = sgd().init(treeToMap(params));
  const step = (mode === 'eager' ? compileEagerly : compile)(trainingStep(backbone, rate), { name: 'step' });
  let state: State = { params, buffers, optimizer: momentum };
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const result = await step({ state, views });
    disposeTree(state);
    losses.push((await result.loss.data())[0]!);
    result.loss.dispose();
    state = result.state;
  }
  const weights = new Map<string, Float32Array>();
  for (const part of [state.params, state.buffers]) {
    const { paths, tensors } = flattenTree(part);
    for (const [i, tensor] of tensors.entries()) weights.set(paths[i]!, (await tensor.data()) as Float32Array);
  }
  disposeTree(state);
  views.dispose();
  step.dispose();
  return { losses, weights };
}

/** Largest difference, relative to the largest entry of each tensor. */
function worstDifference(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  expect([...b.keys()]).toEqual([...a.keys()]);
  let worst = 0;
  for (const [path, values] of a) {
    const other = b.get(path)!;
    expect(other.length).toBe(values.length);
    const scale = Math.max(1e-3, ...values.map(Math.abs));
    for (const [i, value] of values.entries()) worst = Math.max(worst, Math.abs(value - other[i]!) / scale);
  }
  return worst;
}

describe.each(networks)('$name', (network) => {
  it('trains alike on libtensorflow (eager and compiled), WebAssembly and JavaScript', async () => {
    await useBackend({ device: 'js' });
    const js = await trainOn(network, 'eager');
    expect(js.losses.at(-1)).toBeLessThan(js.losses[0]!);
    const runs: [device: 'cpu' | 'wasm', mode: 'eager' | 'compiled'][] = [['wasm', 'eager'], ['cpu', 'eager'], ['cpu', 'compiled']];
    for (const [device, mode] of runs) {
      await useBackend({ device });
      const run = await trainOn(network, mode);
      for (const [i, loss] of js.losses.entries()) expect(run.losses[i], `${device} ${mode}, loss ${i}`).toBeCloseTo(loss, 3);
      expect(worstDifference(js.weights, run.weights), `${device} ${mode}, weights`).toBeLessThan(5e-3);
    }
  });
});
