import type * as tf from '@tensorflow/tfjs-core';
import type { SymbolicTensor } from './tensor-entry.js';
import { activeBackend, runSingleOp } from './run-op.js';

/**
 * The gradient of a weight. In a compiled function the way back through the network waits for it: the library would otherwise
 * leave it to the end, with every activation that it is made of.
 */
export function weightGradient(make: () => tf.Tensor): tf.Tensor {
  const gradient = make();
  activeBackend().binding.trace?.markSideResult(symbolOf(gradient));
  return gradient;
}

/** The next gradient on the way back, after those of the weights so far. */
export function afterWeightGradients(make: () => tf.Tensor): tf.Tensor {
  const { trace } = activeBackend().binding;
  return trace === undefined ? make() : trace.afterSideResults(make);
}

/** The tensors, none before all are there. */
export function afterAll(tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const { trace } = activeBackend().binding;
  const copy = (tensor: tf.Tensor): tf.Tensor => runSingleOp('Identity', [], [tensor]);
  return trace === undefined ? tensors.map(copy) : trace.after(tensors.map(symbolOf), () => tensors.map(copy));
}

function symbolOf(tensor: tf.Tensor): SymbolicTensor {
  const backend = activeBackend();
  return backend.binding.trace!.inside(backend.binding.entry(backend.getInputTensorIds([tensor])[0]!));
}
