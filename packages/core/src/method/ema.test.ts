import '@tensorflow/tfjs'; // the plain JavaScript engine
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { ema } from './ema.js';

describe('ema', () => {
  const teacher = { backbone: { weight: tf.tensor1d([1, 2]) } };
  const student = { backbone: { weight: tf.tensor1d([3, 6]) }, predictor: { weight: tf.scalar(9) } };

  it('moves each leaf by 1 - momentum and leaves out what the teacher does not have', () => {
    const moved = ema(teacher, student, tf.scalar(0.75));
    expect(Object.keys(moved)).toEqual(['backbone']);
    expect([...moved.backbone.weight.dataSync()]).toEqual([1.5, 3]);
  });

  it('keeps the teacher at 1 and copies the student at 0', () => {
    expect([...ema(teacher, student, tf.scalar(1)).backbone.weight.dataSync()]).toEqual([1, 2]);
    expect([...ema(teacher, student, tf.scalar(0)).backbone.weight.dataSync()]).toEqual([3, 6]);
  });

  it('names the leaf that the student lacks', () => {
    expect(() => ema({ backbone: { bias: tf.scalar(0) } }, student, tf.scalar(0.5))).toThrow("'backbone.bias'");
  });
});
