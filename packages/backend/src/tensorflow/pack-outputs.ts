import type { SymbolicTensor } from './tensor-entry.js';

/** An array of TF_Output as the C API lays it out: 16 bytes each. */
export function packOutputs(tensors: readonly Pick<SymbolicTensor, 'output'>[]): BigInt64Array {
  const packed = new BigInt64Array(2 * tensors.length);
  tensors.forEach(({ output }, position) => {
    packed[2 * position] = BigInt(output.oper);
    packed[2 * position + 1] = BigInt(output.index);
  });
  return packed;
}
