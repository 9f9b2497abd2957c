import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import type { StepResult } from './train-state.js';

export interface StepValues {
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly gradientNorms: Float32Array;
}

/** Brings the numbers of a step to the host and frees their tensors. Waits for the step to end, without blocking. */
export async function readStep({ loss, metrics, gradientNorms }: StepResult): Promise<StepValues> {
  const number = async (tensor: Tensor) => (await tensor.data())[0]!;
  const names = Object.keys(metrics);
  const [lossValue, norms, ...values] = await Promise.all([
    number(loss),
    gradientNorms.data() as Promise<Float32Array>,
    ...names.map((name) => number(metrics[name] as Tensor)),
  ]);
  disposeTree({ loss, metrics, gradientNorms });
  return {
    loss: lossValue,
    metrics: Object.fromEntries(names.map((name, index) => [name, values[index]!])),
    gradientNorms: norms,
  };
}
