import * as tf from '@tensorflow/tfjs-core';
import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { checkFeatures } from '../features/check-features.js';
import type { Features } from '../features/features.js';

/**
 * Singular values of the feature matrix, largest first: `min(count, dimension)` of them.
 *
 * They are the roots of the eigenvalues of the smaller Gram matrix (`X^T X` or `X X^T`), which is added up in double precision: squaring halves
 * the digits, so that single precision would lose every value below some thousandths of the largest one, the very values that tell a
 * collapse, while double precision keeps them down to about 1e-8 of the largest, below the rounding of the features. libtensorflow does
 * it where it computes (seconds for 10,000 x 2,048); elsewhere the host does, in JavaScript, which takes minutes at that size.
 *
 * @throws SslError for features that are not finite (rows named).
 * @example
 * singularValues({ values: Float32Array.of(3, 0, 0, 4), count: 2, dimension: 2 }); // Float64Array [4, 3]
 */
export function singularValues(features: Features): Float64Array {
  checkFeatures(features);
  const eigenvalues = hasKernel() ? onEngine(features) : onHost(features);
  return Float64Array.from(eigenvalues, (eigenvalue) => Math.sqrt(Math.max(eigenvalue, 0))).sort().reverse();
}

const kernel = 'SslGramEigenvalues';

function hasKernel(): boolean {
  // getKernel is typed as always found.
  return (tf.getKernel(kernel, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

function onEngine({ values, count, dimension }: Features): ArrayLike<number> {
  return tf.tidy(() => tf.engine().runKernel<tf.Tensor>(kernel, { x: tf.tensor2d(values, [count, dimension]) }, {}).dataSync());
}

function onHost(features: Features): ArrayLike<number> {
  const { count, dimension } = features;
  const gram = count >= dimension ? columnGram(features) : rowGram(features);
  const size = Math.min(count, dimension);
  // Symmetric and positive semi-definite: its singular values are its eigenvalues, and this routine can leave the vectors out.
  return new SingularValueDecomposition(Matrix.from1DArray(size, size, gram), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  }).diagonal;
}

/** `X^T X`, `[dimension, dimension]`. */
function columnGram({ values, count, dimension }: Features): Float64Array {
  const gram = new Float64Array(dimension * dimension);
  for (let row = 0; row < count; row++) {
    const x = values.subarray(row * dimension, (row + 1) * dimension);
    for (let i = 0; i < dimension; i++) {
      const factor = x[i]!;
      if (factor === 0) continue; // half of them after a ReLU
      for (let j = i; j < dimension; j++) gram[i * dimension + j]! += factor * x[j]!;
    }
  }
  return mirror(gram, dimension);
}

/** `X X^T`, `[count, count]`. */
function rowGram({ values, count, dimension }: Features): Float64Array {
  const gram = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = i; j < count; j++) {
      let sum = 0;
      for (let column = 0; column < dimension; column++) sum += values[i * dimension + column]! * values[j * dimension + column]!;
      gram[i * count + j] = sum;
    }
  }
  return mirror(gram, count);
}

function mirror(gram: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) gram[i * size + j] = gram[j * size + i]!;
  return gram;
}
