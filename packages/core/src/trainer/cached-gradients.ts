import * as tf from '@tensorflow/tfjs-core';
import { compile } from '../engine.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { AccumulatedGradients, CompileNamed, MicroBatchInput } from './accumulate.js';
import { differentiate } from './differentiate.js';
import { addTrees, concatenate, divideTree } from './micro-batches.js';
import { addGradients, runForward, runObjective, surrogateLoss } from './stages.js';
import type { StepPlan } from './update.js';

type Forward = { readonly outputs: TensorRecord; readonly renewed: TensorRecord };

/**
 * Coupling 'batch': gradient caching. All micro-batches forward without gradient, one objective over all outputs, then each
 * micro-batch once more with its part of the objective's gradient; the sum is the gradient of the large batch.
 *
 * @see Gao et al. 2021, Scaling Deep Contrastive Learning Batch Size under Memory Limited Setup.
 */
export function cachedGradients({ method, trained }: StepPlan, count: number, named: CompileNamed): AccumulatedGradients {
  const forward = compile(
    ({ params, aux, batch, scalars, keys }: MicroBatchInput): Forward =>
      runForward(method, { params, aux }, batch, scalars, keys.forward),
    named('forward'),
  );
  const objective = compile(
    ({ params, aux, forwards, scalars, keys }: Omit<MicroBatchInput, 'batch'> & { forwards: readonly Forward[] }) => {
      const outputs = concatenate(forwards.map((one) => one.outputs));
      const renewed = divideTree(
        forwards.map((one) => one.renewed).reduce((sum, next) => addTrees(sum, next)),
        count,
      );
      const { outputGradients, ...stage } = runObjective(method, { params, aux: { ...aux, ...renewed } }, outputs, scalars, {
        key: keys.objective,
        trained,
      });
      return { ...stage, outputs, renewed, slices: sliceAll(outputGradients, count) };
    },
    named('objective'),
  );
  const backward = compile(
    ({ params, aux, batch, scalars, keys, slice }: MicroBatchInput & { slice: TensorMap }): TensorMap => {
      const all = treeToMap(params);
      const variables = Object.fromEntries(trained.map((path) => [path, all[path]!]));
      const surrogate = () => {
        const { outputs } = runForward(method, { params, aux }, batch, scalars, keys.forward);
        return { value: surrogateLoss(outputs, slice), aux: {} };
      };
      return differentiate(surrogate, variables).gradients;
    },
    named('backward'),
  );
  const add = compile(({ a, b }: { a: TensorMap; b: TensorMap }) => addGradients(a, b), named('sum'));
  return {
    async run({ params, aux }, parts, scalars) {
      const forwards: Forward[] = [];
      for (const { batch, keys } of parts) forwards.push(await forward({ params, aux, batch, scalars, keys }));
      const { keys } = parts[0]!;
      const { slices, paramGradients, ...stage } = await objective({ params, aux, forwards, scalars, keys });
      disposeTree(forwards);
      let gradients: TensorMap = paramGradients;
      for (const [index, part] of parts.entries()) {
        const next = await backward({ params, aux, ...part, scalars, slice: slices[index]! });
        const before = gradients;
        gradients = await add({ a: before, b: next });
        disposeTree([before, next]);
      }
      disposeTree(slices);
      return { ...stage, gradients };
    },
    dispose() {
      for (const part of [forward, objective, backward, add]) part.dispose();
    },
  };
}

/** The rows of each micro-batch, of every gradient. */
function sliceAll(gradients: TensorMap, count: number): TensorMap[] {
  const cuts = Object.entries(gradients).map(([path, gradient]) => [path, tf.split(gradient, count)] as const);
  return Array.from({ length: count }, (_, index) => Object.fromEntries(cuts.map(([path, parts]) => [path, parts[index]!])));
}
