import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { compile, type Precision } from '../engine.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { mapTree, unflattenTree } from '../tensor-tree/map-tree.js';
import type { TensorRecord, TensorTree } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { differentiate } from './differentiate.js';
import { batchGradients, type BatchGradients } from './gradients.js';
import { addGradients, runForward, runObjective, stepKeys, surrogateLoss, type Networks, type StepKeys } from './stages.js';
import type { StepRunner } from './step.js';
import type { StepBatch, StepResult, StepScalars, TrainState } from './train-state.js';
import { applyUpdate, type StepPlan } from './update.js';

type Part = Networks & { readonly batch: StepBatch; readonly scalars: StepScalars; readonly keys: StepKeys };

/**
 * One optimizer step over `count` micro-batches, each run by a compiled call of its own so that only one of them is in memory.
 *
 * Coupling 'none': loss, gradients, metrics and carry are means over micro-batches.
 * Coupling 'batch': gradient caching (Gao et al. 2021, "Scaling deep contrastive learning batch size under memory limited
 * setup"): all micro-batches forward without gradient, one objective over all outputs, then each micro-batch once more with its
 * part of the objective's gradient. The gradient is that of the large batch.
 */
export function accumulatedStep(plan: StepPlan, count: number, precision?: Precision): StepRunner {
  const named = (what: string) => ({
    name: `${plan.method.name}: ${what}`,
    ...(precision === undefined ? {} : { precision }),
  });
  const compiled = plan.method.coupling === 'batch' ? cached(plan, count, named) : plain(plan, count, named);
  const finish = compile(
    ({ state, gradients, scalars }: { state: TrainState; gradients: BatchGradients; scalars: StepScalars }): StepResult =>
      applyUpdate(plan, state, gradients, scalars),
    named('update'),
  );
  return {
    async run(state, batch, scalars) {
      const parts = split(plan.seed, batch, scalars, count);
      try {
        const gradients = await compiled.run(state, parts, scalars);
        try {
          return await finish({ state, gradients, scalars });
        } finally {
          disposeTree(gradients);
        }
      } finally {
        disposeTree(parts as unknown as TensorTree);
      }
    },
    dispose() {
      compiled.dispose();
      finish.dispose();
    },
  };
}

type Piece = { readonly batch: StepBatch; readonly keys: StepKeys };
type Named = (what: string) => { name: string; precision?: Precision };

interface Gradients {
  run(networks: Networks, parts: readonly Piece[], scalars: StepScalars): Promise<BatchGradients>;
  dispose(): void;
}

function plain({ method, trained }: StepPlan, count: number, named: Named): Gradients {
  const one = compile(
    ({ params, aux, batch, scalars, keys }: Part): BatchGradients =>
      batchGradients(method, { params, aux }, batch, scalars, { keys, trained }),
    named('micro-batch'),
  );
  const add = compile(
    ({ sum, next }: { sum: Summed; next: Summed }): Summed => unflattenTree(sum, addLeaves(sum, next)),
    named('sum'),
  );
  const mean = compile(
    ({ sum, outputs }: { sum: Summed; outputs: readonly TensorRecord[] }): BatchGradients => ({
      ...(mapTree(sum, (tensor) => (tensor.dtype === 'float32' ? tf.div(tensor, count) : tensor)) as unknown as Summed),
      outputs: concatenate(outputs),
    }),
    named('mean'),
  );
  return {
    async run({ params, aux }, parts, scalars) {
      const outputs: TensorRecord[] = [];
      let sum: Summed | undefined;
      for (const { batch, keys } of parts) {
        const { outputs: own, ...next } = await one({ params, aux, batch, scalars, keys });
        outputs.push(own);
        if (sum === undefined) {
          sum = next;
          continue;
        }
        const before: Summed = sum;
        sum = await add({ sum: before, next });
        disposeTree(before);
        disposeTree(next);
      }
      const result = await mean({ sum: sum!, outputs });
      disposeTree(sum!);
      disposeTree(outputs);
      return result;
    },
    dispose: () => [one, add, mean].forEach((part) => part.dispose()),
  };
}

type Summed = Omit<BatchGradients, 'outputs'>;

/** Leaf by leaf; whole numbers (counters, queue positions) are those of the last micro-batch. */
function addLeaves(sum: TensorTree, next: TensorTree): Tensor[] {
  const added = flattenTree(next).tensors;
  return flattenTree(sum).tensors.map((tensor, index) => {
    const other = added[index]!;
    return tensor.dtype === 'float32' ? tf.add(tensor, other) : other;
  });
}

function cached({ method, trained }: StepPlan, count: number, named: Named): Gradients {
  const forward = compile(
    ({ params, aux, batch, scalars, keys }: Part) => runForward(method, { params, aux }, batch, scalars, keys.forward),
    named('forward'),
  );
  const objective = compile(
    ({ params, aux, forwards, scalars, keys }: Omit<Part, 'batch'> & { forwards: readonly Forward[] }) => {
      const outputs = concatenate(forwards.map((one) => one.outputs));
      const renewed = average(forwards.map((one) => one.renewed));
      const networks = { params, aux: { ...aux, ...renewed } };
      const { outputGradients, ...stage } = runObjective(method, networks, outputs, scalars, {
        key: keys.objective,
        trained,
      });
      const cuts = Object.entries(outputGradients).map(([path, gradient]) => [path, tf.split(gradient, count)] as const);
      const slices = Array.from({ length: count }, (_, index) =>
        Object.fromEntries(cuts.map(([path, parts]) => [path, parts[index]!])),
      );
      return { ...stage, outputs, renewed, slices };
    },
    named('objective'),
  );
  const backward = compile(({ params, aux, batch, scalars, keys, slice }: Part & { slice: TensorMap }): TensorMap => {
    const all = treeToMap(params);
    const variables = Object.fromEntries(trained.map((path) => [path, all[path]!]));
    return differentiate(() => {
      const { outputs } = runForward(method, { params, aux }, batch, scalars, keys.forward);
      return { value: surrogateLoss(outputs, slice), aux: {} };
    }, variables).gradients;
  }, named('backward'));
  const add = compile(({ a, b }: { a: TensorMap; b: TensorMap }) => addGradients(a, b), named('sum'));
  return {
    async run({ params, aux }, parts, scalars) {
      const forwards: Forward[] = [];
      for (const { batch, keys } of parts) forwards.push(await forward({ params, aux, batch, scalars, keys }));
      const { slices, paramGradients, ...stage } = await objective({
        params,
        aux,
        forwards,
        scalars,
        keys: (parts[0]!).keys,
      });
      disposeTree(forwards);
      let gradients: TensorMap = paramGradients;
      for (const [index, { batch, keys }] of parts.entries()) {
        const slice = slices[index] as TensorMap;
        const next = await backward({ params, aux, batch, scalars, keys, slice });
        const before = gradients;
        gradients = await add({ a: before, b: next });
        disposeTree([before, next]);
      }
      disposeTree(slices);
      return { ...stage, gradients };
    },
    dispose: () => [forward, objective, backward, add].forEach((part) => part.dispose()),
  };
}

type Forward = { readonly outputs: TensorRecord; readonly renewed: TensorRecord };

/** Micro-batch m holds rows `m * size` to `(m + 1) * size` of every view. */
function split(seed: number, { views, extras }: StepBatch, { step }: StepScalars, count: number): Piece[] {
  const size = (tensor: Tensor) => (tensor.shape[0] as number) / count;
  const rows = <T extends Tensor>(tensor: T, index: number): T =>
    tf.slice(tensor, [index * size(tensor)], [size(tensor)]);
  return Array.from({ length: count }, (_, index) => ({
    batch: {
      views: views.map((view) => rows<Tensor4D>(view, index)),
      extras: Object.fromEntries(Object.entries(extras).map(([name, tensor]) => [name, rows(tensor, index)])),
    },
    keys: stepKeys(seed, step, index),
  }));
}

/** Joins the first axes of equal trees. */
function concatenate(trees: readonly TensorRecord[]): TensorRecord {
  const flat = trees.map((tree) => flattenTree(tree).tensors);
  return unflattenTree(
    trees[0]!,
    (flat[0]!).map((_, leaf) => tf.concat(flat.map((tensors) => tensors[leaf]!), 0)),
  );
}

/** Mean of equal trees; whole numbers are those of the last. */
function average(trees: readonly TensorRecord[]): TensorRecord {
  const sum = trees.reduce((total, next) => unflattenTree(total, addLeaves(total, next)));
  return mapTree(sum, (tensor) => (tensor.dtype === 'float32' ? tf.div(tensor, trees.length) : tensor)) as unknown as TensorRecord;
}
