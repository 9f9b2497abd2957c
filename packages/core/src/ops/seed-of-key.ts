import type { Tensor1D } from '@tensorflow/tfjs-core';

/** Both words of a key on the host; for composites, which run eagerly only. */
export function seedOfKey(key: Tensor1D): [number, number] {
  const [first, second] = key.dataSync<'int32'>();
  return [first ?? 0, second ?? 0];
}
