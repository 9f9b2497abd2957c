import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { compile } from '../engine.js';
import { isSslError } from '../errors.js';
import { apply } from '../modules/apply.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { unflattenTree } from '../tensor-tree/map-tree.js';
import { treeDifference } from '../tensor-tree/tree-difference.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { batchGradients } from '../trainer/gradients.js';
import { plainStep } from '../trainer/step.js';
import { stepKeys } from '../trainer/stages.js';
import type { Check, CheckName } from './conformance.js';
import { assertClose, assertFinite, disposeToyStep, numbersOf, rowsOf, toyStep, trainToy } from './conformance-run.js';

const finite: Check = async (context) => {
  const names = new Set<string>();
  const result = await trainToy(context, {
    hooks: [
      {
        name: 'finite',
        onStep({ loss, metrics, gradientNorm }) {
          assertFinite([loss, gradientNorm, ...Object.values(metrics)], 'loss, gradient norm and metrics');
          for (const name of Object.keys(metrics)) names.add(name);
        },
      },
    ],
  });
  assert.equal(result.skippedSteps, 0, 'no step may be thrown away');
  for (const { metric } of context.method.collapse ?? []) {
    assert(metric === 'loss' || names.has(metric), `a sign of collapse names the metric '${metric}', which the objective does not give`);
  }
  result.dispose();
};

/** Present at the start; not zero after a few steps (a branch that starts at zero hides what lies behind it at first). */
const gradients: Check = async (context) => {
  const step = await toyStep(context);
  const { plan, tensors } = step;
  const compiled = compile(({ state, batch, scalars }: typeof tensors) => {
    const keys = stepKeys(0, scalars.step, 0);
    return { ...batchGradients(plan.method, state, batch, scalars, { keys, trained: plan.trained }).gradients };
  });
  const first = await compiled(tensors);
  const missing = plan.trained.filter((path) => !(path in first));
  assert.deepEqual(missing, [], 'parameters without influence on the loss; freeze them or leave them out of params');
  const runner = plainStep(plan);
  let state = tensors.state;
  let norms: ArrayLike<number> = [];
  for (let count = 0; count < 3; count++) {
    const result = await runner.run(state, tensors.batch, tensors.scalars);
    norms = await result.gradientNorms.data();
    if (state !== tensors.state) disposeTree(state);
    state = result.state;
    disposeTree({ loss: result.loss, metrics: result.metrics, norms: result.gradientNorms, monitored: { ...result.monitored } });
  }
  const still = plan.trained.filter((path, index) => norms[index] === 0 && plan.groups[path]?.frozenUntil === 0);
  assert.deepEqual(still, [], 'parameters whose gradient stays zero');
  disposeTree([state, first]);
  compiled.dispose();
  runner.dispose();
  disposeToyStep(step);
};

const structure: Check = async (context) => {
  const fresh = context.method.init(0);
  const result = await trainToy(context, { steps: 2 });
  const advice = 'what forward and updateAux return must have the paths, shapes and dtypes of init';
  assert.deepEqual(treeDifference(result.aux, fresh.aux), [], `aux changed; ${advice}`);
  assert.deepEqual(treeDifference(result.params, fresh.params), [], `params changed; ${advice}`);
  disposeTree([fresh.params, fresh.aux]);
  result.dispose();
};

const seeds: Check = async (context) => {
  const run = async (seed: number) => {
    const result = await trainToy(context, { seed });
    const numbers = await numbersOf({ params: result.params, aux: result.aux });
    result.dispose();
    return numbers;
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first, 'two runs of one seed differ: draw from the keys that you are given');
  assert.notDeepEqual(await run(2), first, 'another seed must give other numbers');
};

const wrongViews: Check = async (context) => {
  const { method, views } = context;
  const more: typeof views = (input) => {
    const made = views(input);
    return { ...made, views: [...made.views, tf.clone(made.views[0]!)] };
  };
  const error: unknown = await trainToy(context, { views: more }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert(isSslError(error), 'a view too many must be refused with an SslError');
  const { message } = error;
  assert(message.includes(method.name) && message.includes(String(method.batch.views)), `the error must name method and views: ${message}`);
};

/** Batch norm in evaluation, so that a row's output depends on that row alone. */
const rows: Check = async (context) => {
  const step = await toyStep(context);
  const { state, batch, scalars } = step.tensors;
  const { forward } = stepKeys(0, scalars.step, 0);
  const run = (part: typeof batch): TensorRecord =>
    context.method.forward({ ...state, ...part, schedules: scalars.schedules, training: false, key: forward }).outputs;
  const half = context.batchSize / 2;
  const [whole, first] = tf.tidy(() => {
    const outputs = run(batch);
    const cut = unflattenTree(outputs, flattenTree(outputs).tensors.map((output) => tf.slice(output, [0], [half])));
    return [cut, { ...run(rowsOf(batch, 0, half)) }] as unknown as tf.TensorContainer[];
  }) as unknown as [TensorRecord, TensorRecord];
  await assertClose(first, whole, context.tolerance, 'outputs of half a batch and of the whole');
  disposeTree([whole, first]);
  disposeToyStep(step);
};

const embeddings: Check = async (context) => {
  const step = await toyStep(context);
  const { state, batch } = step.tensors;
  const images = batch.views[0]!;
  const [all, one] = tf.tidy(() => [
    context.method.embed({ ...state, images }),
    context.method.embed({ ...state, images: tf.slice(images, 0, 1) }),
  ]) as [Tensor2D, Tensor2D];
  assert.equal(all.rank, 2, 'embed gives [batch, dimension]');
  assert.equal(all.shape[0], context.batchSize, 'embed gives one row for each image');
  assertFinite(await all.data(), 'embeddings');
  const head = tf.slice(all, 0, 1);
  await assertClose({ row: one }, { row: head }, context.tolerance, 'the embedding of an image alone and in a batch');
  const again = tf.tidy(() => {
    const trained = context.method.trainedBackbone?.(state);
    return trained === undefined ? tf.clone(all) : apply(trained.backbone, trained.variables, images, { training: false }).output;
  });
  await assertClose({ features: again }, { features: all }, context.tolerance, 'features of trainedBackbone and of embed');
  disposeTree([all, one, head, again]);
  disposeToyStep(step);
};

export const contractChecks = {
  'loss and metrics are finite': finite,
  'every trained parameter has a gradient': gradients,
  'aux keeps its structure': structure,
  'the same seed gives the same numbers': seeds,
  'a wrong number of views is explained': wrongViews,
  'networks do not mix samples': rows,
  'embeddings are rows of finite numbers, image by image': embeddings,
} as const satisfies Partial<Record<CheckName, Check>>;
