import { compile } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Features, LabelledFeatures } from '../features/features.js';
import { lbfgs, type LbfgsOptions, type LbfgsResult } from './lbfgs.js';

/** Weights of a multinomial logistic regression. */
export interface LogisticModel extends Omit<LbfgsResult, 'point'> {
  /** `[classes, dimension]`. */
  readonly weight: Float64Array;
  /** `[classes]`. */
  readonly bias: Float64Array;
}

/** Rows of one call of the compiled objective. */
const blockSize = 8192;

/**
 * Multinomial logistic regression by L-BFGS on all rows:
 * `mean cross-entropy(W x + b, y) + penalty / 2 ||W||^2`, the bias unpenalised. scikit-learn's with `C = 1 / (penalty * count)`.
 */
export async function fitLogistic(train: LabelledFeatures, classCount: number, penalty: number, options?: LbfgsOptions): Promise<LogisticModel> {
  const { count, dimension } = train;
  const weights = classCount * dimension;
  const blocks = blocksOf(train, classCount);
  // Closed form: d loss / d logits = softmax - y.
  const run = compile(
    ({ weight, bias, x, y }: { weight: tf.Tensor2D; bias: tf.Tensor1D; x: tf.Tensor2D; y: tf.Tensor2D }) => {
      const logits = tf.add(tf.matMul(x, weight, false, true), bias); // [B, C]
      const shifted = tf.sub(logits, tf.max(logits, 1, true));
      const logSum = tf.log(tf.sum(tf.exp(shifted), 1, true));
      const residual = tf.sub(tf.exp(tf.sub(shifted, logSum)), y) as tf.Tensor2D;
      return {
        losses: tf.sum(tf.mul(y, tf.sub(logSum, shifted)), 1), // [B], added up in double precision
        weight: tf.matMul(residual, x, true, false),
        bias: tf.sum(residual, 0),
      };
    },
    { name: 'logistic regression', precision: 'float32' },
  );
  try {
    const { point, ...rest } = await lbfgs(
      async (at) => {
        const weight = tf.tensor2d(Float32Array.from(at.subarray(0, weights)), [classCount, dimension]);
        const bias = tf.tensor1d(Float32Array.from(at.subarray(weights)));
        let value = 0;
        const gradient = new Float64Array(at.length);
        for (const block of blocks) {
          const result = await run({ weight, bias, ...block });
          for (const loss of await result.losses.data<'float32'>()) value += loss / count;
          addTo(gradient, 0, await result.weight.data<'float32'>(), 1 / count);
          addTo(gradient, weights, await result.bias.data<'float32'>(), 1 / count);
          tf.dispose([result.losses, result.weight, result.bias]);
        }
        tf.dispose([weight, bias]);
        for (let i = 0; i < weights; i++) {
          value += (penalty / 2) * at[i]! ** 2;
          gradient[i]! += penalty * at[i]!;
        }
        return { value, gradient };
      },
      new Float64Array(weights + classCount),
      options,
    );
    return { ...rest, weight: point.slice(0, weights), bias: point.slice(weights) };
  } finally {
    run.dispose();
    tf.dispose(blocks);
  }
}

/** The class with the highest logit for every row. */
export async function predictLogistic({ weight, bias }: LogisticModel, features: Features): Promise<Int32Array> {
  const { values, count, dimension } = features;
  const predictions = new Int32Array(count);
  for (let start = 0; start < count; start += blockSize) {
    const rows = Math.min(blockSize, count - start);
    const classes = tf.tidy(() => {
      const x = tf.tensor2d(values.slice(start * dimension, (start + rows) * dimension), [rows, dimension]);
      const w = tf.tensor2d(Float32Array.from(weight), [bias.length, dimension]);
      return tf.argMax(tf.add(tf.matMul(x, w, false, true), tf.tensor1d(Float32Array.from(bias))), 1);
    });
    predictions.set(await classes.data<'int32'>(), start);
    classes.dispose();
  }
  return predictions;
}

function blocksOf({ values, labels, count, dimension }: LabelledFeatures, classCount: number): { x: tf.Tensor2D; y: tf.Tensor2D }[] {
  return Array.from({ length: Math.ceil(count / blockSize) }, (_, block) => {
    const start = block * blockSize;
    const end = Math.min(count, start + blockSize);
    return {
      x: tf.tensor2d(values.slice(start * dimension, end * dimension), [end - start, dimension]),
      y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels.slice(start, end), 'int32'), classCount), 'float32') as tf.Tensor2D),
    };
  });
}

function addTo(sum: Float64Array, start: number, part: Float32Array, factor: number): void {
  for (let i = 0; i < part.length; i++) sum[start + i]! += part[i]! * factor;
}
