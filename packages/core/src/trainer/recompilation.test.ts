import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { compileEagerly, registerEngine, type Engine } from '../engine.js';
import { sgd } from '../optimizers/sgd.js';
import { onRecompilation, reportRecompilation } from '../recompilations.js';
import { toyLoader } from '../testing/toy-loader.js';
import { toyMethod } from '../testing/toy-method.js';
import { toyViews } from '../testing/toy-views.js';
import { train } from './train.js';
import type { TrainWarning } from './train-hook.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

afterEach(() => {
  registerEngine(undefined);
});

/** An engine whose functions are compiled again in the calls that `again` names, counted from 1. */
function forgetfulEngine(again: (name: string, call: number) => boolean): Engine {
  return {
    name: 'forgetful',
    device: 'none',
    precision: 'float32',
    withPrecision: (_precision, fn) => fn(),
    compile(fn, options) {
      const run = compileEagerly(fn, options);
      const name = options?.name ?? 'function';
      let calls = 0;
      const call = (args: Parameters<typeof run>[0]): ReturnType<typeof run> => {
        calls++;
        if (again(name, calls)) reportRecompilation({ name, traces: calls, reason: 'x was float32[8] and is float32[6]' });
        return run(args);
      };
      return Object.assign(call, { traces: 0, dispose: () => run.dispose() });
    },
  };
}

async function warningsOf(engine: Engine): Promise<{ result: readonly TrainWarning[]; heard: readonly TrainWarning[] }> {
  registerEngine(engine);
  const heard: TrainWarning[] = [];
  const hook = { name: 'recorder', onWarning: (warning: TrainWarning) => void heard.push(warning) };
  const result = await train({ method: toyMethod(), views: toyViews(), loader: toyLoader(), optimizer: sgd(), learningRate: 0.1, steps: 5, hooks: [hook] });
  result.dispose();
  return { result: result.warnings, heard };
}

test('a recompilation is said once for each function after the first step, with the step and what changed', async () => {
  const { result, heard } = await warningsOf(forgetfulEngine((name, call) => (name === 'views' ? true : call === 4)));
  expect(heard).toEqual(result);
  expect(result.map(({ kind, step }) => [kind, step])).toEqual([['recompiled', 2], ['recompiled', 4]]);
  expect(result[0]!.message).toMatch(/^'views' was compiled again in step 2: x was float32\[8\] and is float32\[6\]\. /);
  expect(result[1]!.message).toContain("training step' was compiled again in step 4");
});

test('nothing is said where every function keeps its form', async () => {
  expect((await warningsOf(forgetfulEngine(() => false))).result).toEqual([]);
});

test('listeners hear until they end', () => {
  const names: string[] = [];
  const end = onRecompilation(({ name }) => void names.push(name));
  reportRecompilation({ name: 'a', traces: 2, reason: '' });
  end();
  reportRecompilation({ name: 'b', traces: 2, reason: '' });
  expect(names).toEqual(['a']);
});
