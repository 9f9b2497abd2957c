import assert from 'node:assert/strict';
import type { SslMethod } from '../method/method.js';
import { sgd } from '../optimizers/sgd.js';
import { constant } from '../schedules/constant.js';
import type { Check, CheckName } from './conformance.js';
import { assertClose, trainToy } from './conformance-run.js';

/**
 * One step of plain SGD at rate 1 moves the weights by the gradient. Batch norm is in evaluation, because its statistics are the
 * one thing that micro-batches change by design; `constrain` is left out, because it would hide the gradient.
 */
const accumulation: Check = async (context) => {
  const unconstrained = Object.entries(context.method).filter(([name]) => name !== 'constrain');
  const method: SslMethod = {
    ...(Object.fromEntries(unconstrained) as unknown as SslMethod),
    groups: [],
    forward: (input) => context.method.forward({ ...input, training: false }),
  };
  const run = async (accumulate: number) => {
    let loss = Number.NaN;
    const hook = { name: 'loss', onStep: (event: { loss: number }) => void (loss = event.loss) };
    const result = await trainToy(context, {
      method,
      accumulate,
      steps: 1,
      optimizer: sgd({ momentum: 0 }),
      learningRate: constant(1),
      hooks: [hook],
    });
    return { result, loss };
  };
  const whole = await run(1);
  const parts = await run(context.microBatches);
  const difference = Math.abs(parts.loss - whole.loss);
  assert(
    difference <= context.tolerance * Math.max(1e-3, Math.abs(whole.loss)),
    `the loss of ${context.microBatches} micro-batches is ${parts.loss}, of the whole batch ${whole.loss}`,
  );
  const { tolerance } = context;
  await assertClose(parts.result.params, whole.result.params, tolerance, 'weights after a step (micro-batches against whole batch)');
  await assertClose(parts.result.aux, whole.result.aux, tolerance, 'aux after a step (micro-batches against whole batch)');
  whole.result.dispose();
  parts.result.dispose();
};

export const accumulationChecks = {
  'micro-batches give the loss and the gradients of the whole batch': accumulation,
} as const satisfies Partial<Record<CheckName, Check>>;
