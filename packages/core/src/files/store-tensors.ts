import type { Tensor } from '@tensorflow/tfjs-core';
import type { TensorMap } from '../optimizers/optimizer.js';
import { storeValues, type StoredTensor, type StoredType } from './stored-tensor.js';

/** How the dtypes of tfjs are stored unless said otherwise. */
const types: Readonly<Record<string, StoredType>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/**
 * Reads tensors back from the device into the form of a file.
 *
 * @param floatType - F32 keeps every bit; BF16 and F16 halve the file.
 */
export async function storeTensors(
  tensors: TensorMap,
  { floatType = 'F32' }: { readonly floatType?: 'F32' | 'BF16' | 'F16' } = {},
): Promise<Record<string, StoredTensor>> {
  const store = async ([name, tensor]: [string, Tensor]): Promise<[string, StoredTensor]> => {
    const dtype = tensor.dtype === 'float32' ? floatType : (types[tensor.dtype] ?? 'F32');
    return [name, storeValues(await tensor.data(), tensor.shape, dtype)];
  };
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(store)));
}
