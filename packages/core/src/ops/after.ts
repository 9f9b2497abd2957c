import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernels } from './run-kernel.js';

/**
 * `tensors` once `previous` are there, on engines that run a compiled function in an order of their own. What is made of them is
 * not made, and held, earlier, and is not merged with equal operations elsewhere.
 */
export function after(previous: readonly Tensor[], tensors: readonly Tensor[]): Tensor[] {
  if (!hasKernel('SslBarrier')) return [...tensors];
  const inputs = Object.fromEntries([...tensors, ...previous].map((tensor, index) => [String(index), tensor]));
  return runKernels('SslBarrier', inputs).slice(0, tensors.length);
}
