import { compile, type CompileOptions, type Precision } from '../engine.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';
import { cachedGradients } from './cached-gradients.js';
import type { BatchGradients } from './gradients.js';
import { meanGradients } from './mean-gradients.js';
import { splitBatch, type MicroBatch } from './micro-batches.js';
import type { Networks } from './stages.js';
import type { StepRunner } from './step.js';
import type { StepResult, StepScalars, TrainState } from './train-state.js';
import { applyUpdate, type StepPlan } from './update.js';

/** What a compiled function over one micro-batch takes. */
export type MicroBatchInput = Networks & MicroBatch & { readonly scalars: StepScalars };

/** Compile options with a name for errors and profiles. */
export type CompileNamed = (what: string) => CompileOptions;

/** Gradients of a large batch from its parts. */
export interface AccumulatedGradients {
  run(networks: Networks, parts: readonly MicroBatch[], scalars: StepScalars): Promise<BatchGradients>;
  dispose(): void;
}

/**
 * One optimizer step over `count` micro-batches. Each is a compiled call of its own, so that only one of them is in memory; the
 * loss and the gradient are those of the whole batch.
 */
export function accumulatedStep(plan: StepPlan, count: number, precision?: Precision): StepRunner {
  const named: CompileNamed = (what) => ({
    name: `${plan.method.name}: ${what}`,
    ...(precision === undefined ? {} : { precision }),
  });
  const accumulate = plan.method.coupling === 'batch' ? cachedGradients : meanGradients;
  const accumulated = accumulate(plan, count, named);
  const update = compile(
    ({ state, gradients, scalars }: { state: TrainState; gradients: BatchGradients; scalars: StepScalars }): StepResult =>
      applyUpdate(plan, state, gradients, scalars),
    named('update'),
  );
  return {
    async run(state, batch, scalars) {
      const parts = splitBatch(plan.seed, batch, scalars, count);
      try {
        const gradients = await accumulated.run(state, parts, scalars);
        try {
          return await update({ state, gradients, scalars });
        } finally {
          disposeTree(gradients);
        }
      } finally {
        disposeTree(parts as unknown as TensorTree);
      }
    },
    dispose() {
      accumulated.dispose();
      update.dispose();
    },
  };
}
