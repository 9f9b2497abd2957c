import { compile, type Precision } from '../engine.js';
import { batchGradients } from './gradients.js';
import { stepKeys } from './stages.js';
import type { StepBatch, StepResult, StepScalars, TrainState } from './train-state.js';
import { applyUpdate, type StepPlan } from './update.js';

/** Runs one optimizer step. Arguments stay the caller's; so is the result. */
export interface StepRunner {
  run(state: TrainState, batch: StepBatch, scalars: StepScalars): Promise<StepResult>;
  dispose(): void;
}

/** The plain step: one compiled function from state and batch to new state and metrics. */
export function plainStep(plan: StepPlan, precision?: Precision): StepRunner {
  const step = compile(
    ({ state, batch, scalars }: { state: TrainState; batch: StepBatch; scalars: StepScalars }): StepResult => {
      const keys = stepKeys(plan.seed, scalars.step, 0);
      const gradients = batchGradients(plan.method, state, batch, scalars, { keys, trained: plan.trained });
      return applyUpdate(plan, state, gradients, scalars);
    },
    { name: `${plan.method.name}: training step`, ...(precision === undefined ? {} : { precision }) },
  );
  return { run: (state, batch, scalars) => step({ state, batch, scalars }), dispose: () => step.dispose() };
}
