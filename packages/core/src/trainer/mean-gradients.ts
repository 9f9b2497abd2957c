import { compile } from '../engine.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { AccumulatedGradients, CompileNamed, MicroBatchInput } from './accumulate.js';
import { batchGradients, type BatchGradients } from './gradients.js';
import { addTrees, concatenate, divideTree } from './micro-batches.js';
import type { StepPlan } from './update.js';

type Summed = Omit<BatchGradients, 'outputs'>;

/** Coupling 'none': loss, gradients, metrics and carry are means over micro-batches. */
export function meanGradients({ method, trained }: StepPlan, count: number, named: CompileNamed): AccumulatedGradients {
  const one = compile(
    ({ params, aux, batch, scalars, keys }: MicroBatchInput): BatchGradients =>
      batchGradients(method, { params, aux }, batch, scalars, { keys, trained }),
    named('micro-batch'),
  );
  const add = compile(({ sum, next }: { sum: Summed; next: Summed }) => addTrees(sum, next), named('sum'));
  const mean = compile(
    ({ sum, outputs }: { sum: Summed; outputs: readonly TensorRecord[] }): BatchGradients => ({
      ...divideTree(sum, count),
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
        const before: Summed | undefined = sum;
        sum = before === undefined ? next : await add({ sum: before, next });
        if (before !== undefined) disposeTree([before, next]);
      }
      const result = await mean({ sum: sum!, outputs });
      disposeTree([sum!, outputs]);
      return result;
    },
    dispose() {
      for (const part of [one, add, mean]) part.dispose();
    },
  };
}
