import * as tf from '@tensorflow/tfjs-core';
import { attribute } from './run-op.js';
import { tensorflowType } from './data-type.js';
import type { NodeBackend } from './node-backend.js';
import type { TensorEntry } from './tensor-entry.js';

/**
 * Eigenvalues of the smaller Gram matrix of `x` (`x^T x` or `x x^T`), ascending: the squares of its singular values. Computed in
 * float64, because squaring halves the digits; returned in float32.
 *
 * @param x `[rows, columns]`, float32.
 */
export function gramEigenvalues(x: tf.TensorInfo): tf.Tensor {
  const backend = tf.findBackend('tensorflow') as unknown as NodeBackend;
  const { binding } = backend;
  const [rows = 0, columns = 0] = x.shape;
  const temporary: number[] = [];
  const kept = (entry: TensorEntry | undefined): TensorEntry => {
    const { id } = binding.register(entry!);
    temporary.push(id);
    return binding.entry(id);
  };
  try {
    const [id] = backend.getInputTensorIds([x]);
    const wide = kept(binding.cast(binding.entry(id!), tensorflowType.double));
    const transposed = [attribute.bool('transpose_a', rows > columns), attribute.bool('transpose_b', rows <= columns)];
    const gram = kept(binding.run('MatMul', transposed, [wide, wide], 1)[0]);
    const [values, vectors] = binding.run('SelfAdjointEigV2', [attribute.bool('compute_v', false)], [gram], 2);
    kept(vectors);
    return backend.createOutputTensor(binding.register(values!)); // as float32
  } finally {
    for (const id of temporary) binding.deleteTensor(id);
  }
}
