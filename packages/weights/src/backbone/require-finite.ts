import { describeNonFinite, nonFiniteTensors, SslError, storedValues, type StoredTensor } from '@ssl/core';

/**
 * Throws where a tensor holds NaN or infinity: a network with one of them computes nothing, whatever the training does.
 *
 * @param source - The file, for the error.
 * @throws SslError with the file, each tensor and the count.
 */
export function requireFinite(tensors: Readonly<Record<string, StoredTensor>>, source: string): void {
  const found = nonFiniteTensors(tensors);
  if (found.length === 0) return;
  const half = found.some(({ name, infinite }) => infinite > 0 && tensors[name]?.dtype === 'F16');
  const remedy = half ? 'Half precision ends at 65,504: save the weights in float32 or bfloat16.' : 'The training that wrote them had failed by then: take an earlier checkpoint of it, or fetch the file again.';
  throw new SslError(`${source} was to hold finite numbers, got ${describeNonFinite(found)}. ${remedy}`, { from: '@ssl/weights' });
}

/** Names of weights (not of biases, nor of scales, which may start so) all of whose values are 0. */
export function zeroWeights(tensors: Readonly<Record<string, StoredTensor>>): string[] {
  return Object.entries(tensors).flatMap(([name, tensor]) => (name.endsWith('.weight') && tensor.shape.length > 1 && storedValues(tensor).every((value) => value === 0) ? [name] : []));
}
