import type { Scalar } from '@tensorflow/tfjs-core';
import type { SslMethod } from '../method/method.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { differentiate } from './differentiate.js';
import { addGradients, detach, runForward, runObjective, surrogateLoss, type Networks, type StepKeys } from './stages.js';
import type { StepBatch, StepScalars } from './train-state.js';

/** Loss, gradients and everything that the update needs, of one batch. */
export type BatchGradients = {
  readonly loss: Scalar;
  readonly metrics: Readonly<Record<string, Scalar>>;
  readonly carry: TensorRecord;
  readonly outputs: TensorRecord;
  /** Entries of `aux` that the networks replaced. */
  readonly renewed: TensorRecord;
  /** By parameter path; parameters without influence are left out. */
  readonly gradients: TensorMap;
};

/**
 * Both stages in one pass: the objective is differentiated in the middle of the forward pass, with respect to detached outputs,
 * and its gradient is sent back through the networks.
 */
export function batchGradients(
  method: SslMethod,
  networks: Networks,
  batch: StepBatch,
  scalars: StepScalars,
  { keys, trained }: { keys: StepKeys; trained: readonly string[] },
): BatchGradients {
  const all = treeToMap(networks.params);
  const variables = Object.fromEntries(trained.map((path) => [path, all[path]!]));
  const { aux, gradients } = differentiate(() => {
    const forward = runForward(method, networks, batch, scalars, keys.forward);
    const outputs = detach(forward.outputs);
    const { outputGradients, ...objective } = runObjective(
      method,
      { params: networks.params, aux: { ...networks.aux, ...forward.renewed } },
      outputs,
      scalars,
      { key: keys.objective, trained },
    );
    return { value: surrogateLoss(forward.outputs, outputGradients), aux: { ...objective, outputs, renewed: forward.renewed } };
  }, variables);
  const { paramGradients, ...rest } = aux;
  return { ...rest, gradients: addGradients(gradients, paramGradients) };
}
