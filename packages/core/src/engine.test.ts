import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compile, compileEagerly, currentEngine, registerEngine, withPrecision, type Engine } from './engine.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

afterEach(() => registerEngine(undefined));

describe('compile without an engine', () => {
  it('runs eagerly; results are the caller’s, arguments stay', async () => {
    const step = compile(({ x }: { x: tf.Tensor }) => ({ same: x, square: tf.square(x), twice: x }));
    const x = tf.scalar(3);
    const before = tf.memory().numTensors;
    const result = await step({ x });
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose(result);
    expect(x.isDisposed).toBe(false);
    expect(step.traces).toBe(0);
  });

  it('rejects what the function throws and calls after dispose', async () => {
    const failing = compile((): { x: tf.Tensor } => {
      throw new Error('inside');
    });
    await expect(failing({})).rejects.toThrow('inside');
    const step = compile((args: { x: tf.Tensor }) => args, { name: 'step' });
    step.dispose();
    await expect(step({ x: tf.scalar(1) })).rejects.toThrow(/'step' was called after dispose/);
  });

  it('names the backend that runs it', () => {
    expect(currentEngine().name).toBe('cpu');
    expect(withPrecision('bfloat16', () => 7)).toBe(7);
  });
});

describe('registerEngine', () => {
  it('hands compile and withPrecision to the engine', () => {
    const seen: string[] = [];
    const engine: Engine = {
      name: 'recorder',
      device: 'none',
      precision: 'bfloat16',
      compile: (fn, options) => {
        seen.push(`compile ${options?.name ?? ''}`);
        return compileEagerly(fn, options);
      },
      withPrecision: (precision, fn) => {
        seen.push(precision);
        return fn();
      },
    };
    registerEngine(engine);
    compile((x: tf.Tensor) => x, { name: 'views' });
    withPrecision('float32', () => undefined);
    expect(seen).toEqual(['compile views', 'float32']);
    expect(currentEngine()).toBe(engine);
  });
});
