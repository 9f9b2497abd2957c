import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '@ssl/core/ops';
import { type Engine, isSslError, onRecompilation, type TensorTree } from '@ssl/core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../kernels/register-training-kernels.js';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import type { TraceEvent } from './compile-function.js';
import { createTensorflowEngine } from './engine.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';
import { runOp } from './run-op.js';

let tensorflow: TensorflowBackend;
let engine: Engine;
let events: TraceEvent[] = [];

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2 });
  await tf.setBackend('tensorflow');
  registerTrainingKernels();
  engine = createTensorflowEngine(tensorflow, { onTrace: (event) => events.push(event) });
});

afterEach(() => {
  events = [];
  expect(tensorflow.binding.trace).toBeUndefined();
});

const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const compile = <Args extends TensorTree, Result extends TensorTree>(fn: (args: Args) => Result, name?: string) => engine.compile(fn, name === undefined ? {} : { name });

async function rejection(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    expect(isSslError(error)).toBe(true);
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('trees', () => {
  test('of any structure go in and come out', async () => {
    const f = compile(({ list, nested }: { list: readonly tf.Tensor[]; nested: { a: { b: tf.Tensor } } }) => ({
      sum: tf.addN([...list]),
      deep: [{ product: tf.mul(nested.a.b, list[0]!) }, nested.a.b],
      nothing: {},
    }));
    const result = await f({ list: [tf.scalar(1), tf.scalar(2)], nested: { a: { b: tf.tensor1d([3, 4]) } } });
    expect(numbers(result.sum)).toEqual([3]);
    const [first, second] = result.deep as [{ product: tf.Tensor }, tf.Tensor];
    expect(numbers(first.product)).toEqual([3, 4]);
    expect(numbers(second)).toEqual([3, 4]);
    expect(result.nothing).toEqual({});
  });

  test('a single tensor is a tree, and so is an empty one', async () => {
    expect(numbers(await compile((x: tf.Tensor) => tf.neg(x))(tf.scalar(2)))).toEqual([-2]);
    expect(await compile((x: tf.Tensor) => ({ ...(x.rank > 5 ? { x } : {}) }))(tf.scalar(2))).toEqual({});
    expect(numbers(await compile(() => tf.add(1, 1))([]))).toEqual([2]);
  });

  test('types survive', async () => {
    const f = compile((args: Record<string, tf.Tensor>) => args);
    const result = await f({ i: tf.tensor1d([1, 2], 'int32'), b: tf.tensor1d([true, false], 'bool'), s: tf.tensor1d(['a', 'bc']), c: tf.complex([1], [2]) });
    expect(Object.fromEntries(Object.entries(result).map(([name, tensor]) => [name, tensor.dtype]))).toEqual({ i: 'int32', b: 'bool', s: 'string', c: 'complex64' });
    expect((result.s!).dataSync()).toEqual(['a', 'bc']);
    expect(numbers(result.b!)).toEqual([1, 0]);
  });

  test('a result that is an argument, a repeated result and a constant are tensors of their own', async () => {
    const x = tf.tensor1d([1, 2]);
    const outside = tf.tensor1d([5]);
    const f = compile((a: tf.Tensor) => {
      const twice = tf.mul(a, 2);
      return { same: a, one: twice, two: twice, alias: tf.clone(twice), outside, constant: tf.tensor1d([7, 8]) };
    });
    const result = await f(x);
    x.dispose();
    result.one.dispose();
    expect(numbers(result.same)).toEqual([1, 2]);
    expect(numbers(result.two)).toEqual([2, 4]);
    expect(numbers(result.alias)).toEqual([2, 4]);
    expect(numbers(result.constant)).toEqual([7, 8]);
    result.outside.dispose();
    expect(numbers(outside)).toEqual([5]);
  });

  test('arguments may be disposed of while the function runs', async () => {
    const x = tf.randomNormal([300, 300], 0, 1, 'float32', 1) as tf.Tensor2D;
    const expected = tf.matMul(x, x).dataSync();
    const running = compile((a: tf.Tensor) => tf.matMul(a as tf.Tensor2D, a as tf.Tensor2D))(x);
    x.dispose();
    expect((await running).dataSync()).toEqual(expected);
  });
});

describe('signatures', () => {
  test('each is traced once, and recompilation is reported', async () => {
    let runs = 0;
    const f = compile((x: tf.Tensor) => {
      runs++;
      return tf.sum(x);
    }, 'total');
    const heard: string[] = [];
    const end = onRecompilation(({ name, traces, reason }) => void heard.push(`${name} ${traces}: ${reason}`));
    for (const x of [tf.ones([2]), tf.ones([2]), tf.ones([3]), tf.ones([2], 'int32'), tf.ones([3])]) await f(x);
    end();
    expect(heard).toEqual(['total 2: the argument was float32[2] and is float32[3]', 'total 3: the argument was float32[3] and is int32[2]']);
    expect(runs).toBe(3);
    expect(f.traces).toBe(3);
    expect(events.map(({ name, traces }) => `${name} ${traces}`)).toEqual(['total 1', 'total 2', 'total 3']);
    expect(events[1]?.reason).toContain('float32[3]');
  });

  test('structure and precision count, the order of keys does not', async () => {
    const f = compile((args: TensorTree) => tf.addN(tf.engine().state.activeScope === null ? [] : (Object.values(args) as tf.Tensor[])));
    const [a, b] = [tf.scalar(1), tf.scalar(2)];
    await f({ a, b });
    await f({ b, a });
    expect(f.traces).toBe(1);
    await f([a, b]);
    expect(f.traces).toBe(2);
    await engine.withPrecision('bfloat16', () => f({ a, b }));
    expect(f.traces).toBe(3);
  });
});

describe('tensors from outside', () => {
  test('are inputs with their present value, not constants', async () => {
    const variable = tf.variable(tf.scalar(10));
    const f = compile((x: tf.Tensor) => tf.add(x, tf.clone(variable)));
    expect(numbers(await f(tf.scalar(1)))).toEqual([11]);
    variable.assign(tf.scalar(20));
    expect(numbers(await f(tf.scalar(1)))).toEqual([21]);
    expect(f.traces).toBe(1);
    variable.dispose();
  });

  test('that were disposed of give a clear error', async () => {
    const outside = tf.tensor1d([1, 2]);
    const f = compile((x: tf.Tensor) => tf.add(x, outside), 'adder');
    expect(numbers(await f(tf.scalar(1)))).toEqual([2, 3]);
    outside.dispose();
    expect((await rejection(f(tf.scalar(1)))).message).toMatch(/'adder' uses a tensor from outside \(shape \[2\]\) that was disposed/);
  });

  test('made by another backend move over and are not frozen', async () => {
    await import('@tensorflow/tfjs-backend-cpu');
    tf.env().set('IS_TEST', true); // or the backend prints an advertisement
    await tf.setBackend('cpu');
    const foreign = tf.tidy(() => tf.mul(tf.tensor1d([1, 2]), 3));
    tf.env().set('IS_TEST', false);
    await tf.setBackend('tensorflow');
    expect(numbers(await compile((x: tf.Tensor) => tf.add(x, foreign))(foreign))).toEqual([6, 12]);
  });

  test('constants made inside are part of the function; large equal ones take no room', async () => {
    const f = compile((x: tf.Tensor) => ({ a: tf.add(x, tf.tensor1d([1, 2])), b: tf.ones([100, 100]), c: tf.zeros([64], 'int32'), d: tf.fill([40], 3) }));
    const { a, b, c, d } = await f(tf.scalar(1));
    expect(numbers(a)).toEqual([2, 3]);
    expect(numbers(tf.sum(b))).toEqual([10_000]);
    expect(c.dtype).toBe('int32');
    expect(numbers(tf.sum(d))).toEqual([120]);
  });
});

describe('autodiff works inside', () => {
  test('gradients, customGrad, valueAndGrad, nested tidy', async () => {
    const square = tf.customGrad((x, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor]);
      return { value: tf.square(x as tf.Tensor), gradFunc: (dy, saved) => tf.mul(dy, tf.mul(saved[0]!, 20)) };
    });
    const f = compile((x: tf.Tensor) => {
      const custom = tf.grad((a) => tf.sum(square(a)))(x);
      const { value, grad } = tf.valueAndGrad((a) => tf.tidy(() => tf.sum(tf.exp(tf.tidy(() => tf.mul(a, 2))))))(x);
      const second = tf.grad((b) => tf.sum(tf.grad((a) => tf.sum(tf.mul(a, tf.mul(a, a))))(b)))(x);
      return { custom, value, grad, second };
    });
    const { custom, value, grad, second } = await f(tf.tensor1d([0, 1]));
    expect(numbers(custom)).toEqual([0, 20]);
    expect(value.dataSync()[0]).toBeCloseTo(1 + Math.exp(2), 4);
    expect(grad.dataSync()[1]).toBeCloseTo(2 * Math.exp(2), 4);
    expect(numbers(second)).toEqual([0, 6]);
  });
});

describe('what cannot be traced is refused with the line of the user', () => {
  const here = /compile-function\.test\.ts:\d+/;
  const x = () => tf.tensor1d([1, 2]);

  test.each<[string, (a: tf.Tensor) => TensorTree, RegExp]>([
    ['dataSync', (a) => tf.mul(a, tf.sum(a).dataSync()[0]!), here],
    ['arraySync', (a) => tf.tensor(tf.mul(a, 2).arraySync()), here],
    ['print', (a) => { tf.mul(a, 2).print(); return a; }, here],
    ['data', (a) => { void tf.mul(a, 2).data(); return a; }, here],
    ['Math.random', (a) => tf.mul(a, Math.random()), here],
    ['random tensors of tfjs', (a) => tf.mul(a, tf.randomUniform([2])), here],
    ['a promise', ((a: tf.Tensor) => Promise.resolve(a)) as unknown as (a: tf.Tensor) => TensorTree, /synchronous/],
    ['a leaf that is no tensor', ((a: tf.Tensor) => ({ a, epochs: 3 })) as unknown as (a: tf.Tensor) => TensorTree, /epochs/],
    ['a shape that depends on values', (a) => runOp('Where', [], [tf.greater(a, 0)]), /depends on values/],
  ])('%s', async (_, fn, expected) => {
    const f = compile(fn, 'refused');
    expect((await rejection(f(x()))).message).toMatch(expected);
    expect(f.traces).toBe(0);
  });

  test('an assignment to a variable, which keeps its value', async () => {
    const variable = tf.variable(tf.scalar(1));
    const f = compile((a: tf.Tensor) => { variable.assign(tf.sum(a) as tf.Scalar); return a; });
    expect((await rejection(f(x()))).message).toMatch(here);
    expect(numbers(variable)).toEqual([1]);
    variable.dispose();
  });

  test('a compiled function inside another', async () => {
    const inner = compile((a: tf.Tensor) => a, 'inner');
    const outer = compile((a: tf.Tensor) => { inner(a).catch(() => undefined); void tf.sum(a).data(); return a; }, 'outer');
    await rejection(outer(x()));
    expect(inner.traces).toBe(0);
  });

  test('a symbol that escaped', async () => {
    let escaped: tf.Tensor | undefined;
    await compile((a: tf.Tensor) => { escaped = tf.keep(tf.mul(a, 2)); return a; }, 'leaky')(x());
    expect(() => tf.add(escaped!, 1)).toThrow(/'leaky'.*outside/);
    expect((await rejection(compile((a: tf.Tensor) => tf.add(a, escaped!))(x()))).message).toContain("'leaky'");
    expect((await rejection(compile((a: tf.Tensor) => a)(escaped!))).message).toContain("'leaky'");
    (escaped!).dispose();
  });

  test('an error of the function or of the engine passes through and leaves everything usable', async () => {
    const before = tf.memory().numTensors;
    const own = compile((a: tf.Tensor) => { tf.tidy(() => { tf.grad((b) => { tf.mul(b, 2); throw new RangeError('mine'); })(a); }); return a; });
    const argument = x();
    await expect(own(argument)).rejects.toThrow('mine');
    await expect(compile((a: tf.Tensor) => tf.matMul(a as tf.Tensor2D, tf.ones([5, 5])))(tf.ones([2, 2]))).rejects.toThrow();
    argument.dispose();
    expect(tf.memory().numTensors).toBe(before + 1); // the argument of the second call
    expect(tf.engine().state.gradientDepth).toBe(0);
    expect(numbers(await compile((a: tf.Tensor) => tf.add(a, 1))(x()))).toEqual([2, 3]);
  });

  test('values that are wrong only at run time', async () => {
    const f = compile(({ values, at }: { values: tf.Tensor; at: tf.Tensor }) => tf.gather(values, at as tf.Tensor1D), 'gatherer');
    await expect(f({ values: x(), at: tf.tensor1d([0, 9], 'int32') })).rejects.toThrow(/gatherer|not in/);
    expect(numbers(await f({ values: x(), at: tf.tensor1d([1, 0], 'int32') }))).toEqual([2, 1]);
  });
});

describe('running', () => {
  const slow = (a: tf.Tensor) => {
    let product = a;
    for (let step = 0; step < 6; step++) product = tf.tanh(tf.matMul(product as tf.Tensor2D, a as tf.Tensor2D));
    return tf.sum(product);
  };
  const matrix = (seed: number) => tf.randomNormal([400, 400], 0, 0.05, 'float32', seed);

  test('leaves the event loop free: a timer fires before the call ends', async () => {
    const f = compile(slow);
    const x = matrix(1);
    await f(x);
    const order: string[] = [];
    const ticks = new Promise<void>((resolve) => setImmediate(() => { order.push('timer'); resolve(); }));
    // 200 calls at once cannot be over before the first turn of the loop, if they do not block it.
    const calls = Promise.all(Array.from({ length: 200 }, () => f(x))).then((results) => { order.push('calls'); tf.dispose(results); });
    await Promise.all([ticks, calls]);
    expect(order).toEqual(['timer', 'calls']);
  });

  test('several calls at once, of several functions, beside eager work, do not disturb each other', async () => {
    const [f, g] = [compile(slow), compile((a: tf.Tensor) => tf.sum(tf.square(a)))];
    const inputs = [1, 2, 3, 4].map(matrix);
    const expected = inputs.map((x) => [slow(x).dataSync()[0], tf.sum(tf.square(x)).dataSync()[0]]);
    for (let round = 0; round < 3; round++) {
      const running = inputs.map((x) => Promise.all([f(x), g(x)]));
      expect(numbers(tf.add(1, 2))).toEqual([3]);
      const results = (await Promise.all(running)).map((pair) => pair.map((tensor) => tensor.dataSync()[0]!));
      results.forEach((pair, index) => { pair.forEach((value, which) => { expect(value).toBeCloseTo(expected[index]![which]!, 2); }); });
    }
  });

  test('dispose removes the function, after running calls; calling it then throws', async () => {
    const f = compile(slow, 'gone');
    const running = f(matrix(1));
    f.dispose();
    f.dispose();
    expect((await running).shape).toEqual([]);
    expect((await rejection(f(matrix(1)))).message).toMatch(/'gone' was called after dispose/);
  });

  test('another active backend is refused', async () => {
    const f = compile(slow);
    const x = matrix(1);
    await tf.setBackend('cpu');
    const error = await rejection(f(x)).finally(() => tf.setBackend('tensorflow'));
    expect(error.message).toContain("'cpu' is active");
  });
});

test('a compiled training run equals the eager one within rounding', async () => {
  const labels = tf.oneHot(tf.range(0, 16, 1, 'int32').arraySync().map((i) => i % 4) as never, 4);
  const images = tf.randomNormal([16, 12, 12, 3], 0, 1, 'float32', 3);
  const initial = {
    kernel: tf.randomNormal([3, 3, 3, 8], 0, 0.3, 'float32', 4),
    scale: tf.ones([8]),
    offset: tf.zeros([8]),
    weight: tf.randomNormal([8, 4], 0, 0.5, 'float32', 5),
    bias: tf.zeros([4]),
  };
  type Parameters = { readonly [Name in keyof typeof initial]: tf.Tensor };
  const names = Object.keys(initial) as (keyof Parameters)[];
  const step = ({ parameters, x }: { parameters: Parameters; x: tf.Tensor }) => {
    const loss = (...values: tf.Tensor[]) => {
      const [kernel, scale, offset, weight, bias] = values as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor2D, tf.Tensor1D];
      const { y } = batchNormTraining(tf.conv2d(x as tf.Tensor4D, kernel, 2, 'same'), scale, offset);
      return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(tf.mean(tf.relu(y), [1, 2]) as tf.Tensor2D, weight), bias)) as tf.Tensor;
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => parameters[name]));
    const updated = names.map((name, index) => [name, tf.sub(parameters[name], tf.mul(grads[index]!, 0.1))]);
    return { parameters: Object.fromEntries(updated) as Parameters, loss: value };
  };
  const compiled = compile(step, 'step');
  let [eagerState, compiledState]: [Parameters, Parameters] = [initial, initial];
  const losses: number[] = [];
  for (let index = 0; index < 50; index++) {
    const eager = tf.tidy(() => step({ parameters: eagerState, x: images }));
    const traced = await compiled({ parameters: compiledState, x: images });
    [eagerState, compiledState] = [eager.parameters, traced.parameters];
    losses.push(traced.loss.dataSync()[0]!);
    expect(traced.loss.dataSync()[0]).toBeCloseTo(eager.loss.dataSync()[0]!, 4);
  }
  expect(compiled.traces).toBe(1);
  expect(losses.at(-1)).toBeLessThan((losses[0]!) - 0.05);
  for (const name of names) {
    expect(tf.max(tf.abs(tf.sub(eagerState[name], compiledState[name]))).dataSync()[0]).toBeLessThan(1e-4);
  }
});
