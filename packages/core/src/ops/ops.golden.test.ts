import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { attention } from './attention.js';
import { batchNormTraining } from './batch-norm-training.js';
import { gelu } from './gelu.js';
import { l2Normalize } from './l2-normalize.js';
import { layerNorm } from './layer-norm.js';
import { logSoftmax } from './log-softmax.js';
import { softmaxCrossEntropy } from './softmax-cross-entropy.js';

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}

interface Case {
  readonly inputs: Record<string, Packed>;
  readonly output: Packed;
  readonly cotangent: Packed;
  readonly gradients: Record<string, Packed>;
  readonly others: Record<string, Packed>;
}

type Inputs = Readonly<Record<string, Tensor>>;

const { cases } = JSON.parse(readFileSync(new URL('./__fixtures__/ops.json', import.meta.url), 'utf8')) as {
  cases: Record<string, Case>;
};
const golden = (name: string) => cases[name]!;
const unpack = ({ values, shape }: Packed): Tensor => tf.tensor(values, shape, 'float32');

/** Each operation as the golden script called it. */
const operations: Readonly<Record<string, (inputs: Inputs) => Tensor>> = {
  batchNorm2: ({ x, scale, offset }) => batchNormTraining(x as Tensor2D, scale as Tensor1D, offset as Tensor1D).y,
  batchNorm4: ({ x, scale, offset }) => batchNormTraining(x as Tensor4D, scale as Tensor1D, offset as Tensor1D).y,
  layerNorm: ({ x, scale, offset }) => layerNorm(x!, scale as Tensor1D, offset as Tensor1D, { epsilon: 1e-6 }),
  geluExact: ({ x }) => gelu(x!),
  geluTanh: ({ x }) => gelu(x!, { approximate: true }),
  logSoftmax: ({ logits }) => logSoftmax(logits!),
  crossEntropySoft: ({ logits, labels }) => softmaxCrossEntropy(logits as Tensor2D, labels as Tensor2D),
  crossEntropyHard: ({ logits, labels }) => softmaxCrossEntropy(logits as Tensor2D, labels as Tensor2D),
  l2Normalize: ({ x }) => l2Normalize(x!),
  attention: ({ query, key, value }) => attention(query as Tensor4D, key as Tensor4D, value as Tensor4D),
  attentionBias: ({ query, key, value, bias }) =>
    attention(query as Tensor4D, key as Tensor4D, value as Tensor4D, { scale: 0.3, bias: bias as Tensor4D }),
  attentionLengths: ({ query, key, value }) =>
    attention(query as Tensor4D, key as Tensor4D, value as Tensor4D, { lengths: [5, 2, 2, 3] }),
};

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

function expectClose(actual: Tensor, expected: Packed, tolerance: number, what: string): void {
  expect(actual.shape, what).toEqual(expected.shape);
  actual.dataSync().forEach((value, i) => {
    const wanted = expected.values[i]!;
    expect(Math.abs(value - wanted), `${what}[${String(i)}]: ${String(value)}, ${String(wanted)} expected`).toBeLessThan(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  });
}

describe('against PyTorch', () => {
  it('covers every case of the fixture', () => {
    expect(Object.keys(operations).sort()).toEqual(Object.keys(cases).sort());
  });

  it.each(Object.keys(operations))('%s: output and gradients', (name) => {
    const { inputs, output, cotangent, gradients } = golden(name);
    const tensors = Object.fromEntries(Object.entries(inputs).map(([key, packed]) => [key, unpack(packed)]));
    const weights = unpack(cotangent);
    const result = valueAndGradients((tree) => {
      const y = (operations[name]!)(tree);
      return { value: tf.sum(tf.mul(y, weights)) as tf.Scalar, aux: { y } };
    }, tensors);
    expectClose(result.aux.y, output, 1e-5, 'output');
    for (const [key, gradient] of Object.entries(gradients)) {
      // A row of length 1e-14 has gradients of 1e12 for l2Normalize: the tolerance is relative.
      expectClose((result.gradients[0] as Inputs)[key] as Tensor, gradient, 2e-5, `gradient of ${key}`);
    }
  });

  it.each(['batchNorm2', 'batchNorm4'])('%s: statistics of the batch', (name) => {
    const { inputs, others } = golden(name);
    const [x, scale, offset] = ['x', 'scale', 'offset'].map((key) => unpack(inputs[key]!));
    const { mean, variance } = batchNormTraining(x as Tensor2D, scale as Tensor1D, offset as Tensor1D);
    expectClose(mean, others.mean!, 1e-5, 'mean');
    expectClose(variance, others.variance!, 1e-5, 'unbiased variance');
  });
});

describe('gradients against differences of the output', () => {
  const smooth = Object.keys(operations).filter((name) => name !== 'l2Normalize'); // it has a row at its kink
  it.each(smooth)('%s', (name) => {
    const { inputs, cotangent, gradients } = golden(name);
    const weights = unpack(cotangent);
    const objective = (changed: Record<string, Packed>): number =>
      tf.tidy(() => {
        const tensors = Object.fromEntries(Object.entries(changed).map(([key, packed]) => [key, unpack(packed)]));
        const y = (operations[name]!)(tensors);
        return tf.sum(tf.mul(y, weights)).dataSync()[0]!;
      });
    for (const [key, gradient] of Object.entries(gradients)) {
      const packed = inputs[key]!;
      const step = 5e-3;
      const shifted = (i: number, by: number): Record<string, Packed> => ({
        ...inputs,
        [key]: { ...packed, values: packed.values.map((value, j) => (i === j ? value + by : value)) },
      });
      for (let i = 0; i < Math.min(packed.values.length, 8); i++) {
        const slope = (objective(shifted(i, step)) - objective(shifted(i, -step))) / (2 * step);
        expect(Math.abs(slope - (gradient.values[i]!)), `${key}[${String(i)}]`).toBeLessThan(
          1.5e-2 * Math.max(1, Math.abs(slope)),
        );
      }
    }
  });
});

describe('against the formula, written out', () => {
  const values = (name: string, key: string) => (golden(name).inputs[key]!).values;
  const outputs = (name: string): number[] => {
    const { inputs } = golden(name);
    const tensors = Object.fromEntries(Object.entries(inputs).map(([key, packed]) => [key, unpack(packed)]));
    return [...(operations[name]!)(tensors).dataSync()];
  };
  const average = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const close = (actual: readonly number[], expected: readonly number[]) => {
    expect(actual.length).toBe(expected.length);
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
  };

  it('batch norm', () => {
    const x = values('batchNorm4', 'x');
    const [scale, offset] = [values('batchNorm4', 'scale'), values('batchNorm4', 'offset')];
    const expected = x.map((value, i) => {
      const channel = x.filter((_, j) => j % 3 === i % 3);
      const mean = average(channel);
      const variance = average(channel.map((other) => (other - mean) ** 2));
      return ((value - mean) / Math.sqrt(variance + 1e-5)) * scale[i % 3]! + offset[i % 3]!;
    });
    close(outputs('batchNorm4'), expected);
  });

  it('layer norm', () => {
    const x = values('layerNorm', 'x');
    const [scale, offset] = [values('layerNorm', 'scale'), values('layerNorm', 'offset')];
    const expected = x.map((value, i) => {
      const row = x.slice(i - (i % 5), i - (i % 5) + 5);
      const mean = average(row);
      const variance = average(row.map((other) => (other - mean) ** 2));
      return ((value - mean) / Math.sqrt(variance + 1e-6)) * scale[i % 5]! + offset[i % 5]!;
    });
    close(outputs('layerNorm'), expected);
  });

  it('softmax cross-entropy and log softmax', () => {
    const logits = values('crossEntropySoft', 'logits');
    const labels = values('crossEntropySoft', 'labels');
    const expected = [0, 1, 2, 3].map((row) => {
      const mine = logits.slice(5 * row, 5 * row + 5);
      const total = mine.reduce((sum, value) => sum + Math.exp(value), 0);
      return -mine.reduce((sum, value, k) => sum + labels[5 * row + k]! * Math.log(Math.exp(value) / total), 0);
    });
    close(outputs('crossEntropySoft'), expected);
    const rows = values('logSoftmax', 'logits');
    close(
      outputs('logSoftmax'),
      rows.map((value, i) => {
        const row = rows.slice(i - (i % 5), i - (i % 5) + 5);
        const top = Math.max(...row);
        return value - top - Math.log(row.reduce((sum, other) => sum + Math.exp(other - top), 0));
      }),
    );
  });

  it('attention', () => {
    const [q, k, v] = ['query', 'key', 'value'].map((key) => values('attention', key)) as [number[], number[], number[]];
    const expected: number[] = [];
    for (let head = 0; head < 4; head++) {
      for (let n = 0; n < 5; n++) {
        const scores = Array.from({ length: 7 }, (_, m) =>
          [0, 1, 2, 3].reduce((sum, d) => sum + q[(head * 5 + n) * 4 + d]! * k[(head * 7 + m) * 4 + d]!, 0),
        ).map((score) => Math.exp(score / 2));
        const total = scores.reduce((sum, score) => sum + score, 0);
        for (let d = 0; d < 4; d++) {
          expected.push(scores.reduce((sum, score, m) => sum + (score / total) * v[(head * 7 + m) * 4 + d]!, 0));
        }
      }
    }
    close(outputs('attention'), expected);
  });

  it('GELU as an integral of the normal density', () => {
    const x = values('geluExact', 'x');
    const expected = x.map((value) => {
      const cells = 20_000;
      const low = -9;
      const width = (Math.max(low, Math.min(9, value)) - low) / cells;
      let mass = 0;
      for (let i = 0; i < cells; i++) mass += Math.exp(-((low + (i + 0.5) * width) ** 2) / 2) * width;
      return (value * mass) / Math.sqrt(2 * Math.PI);
    });
    close(outputs('geluExact'), expected);
  });
});
