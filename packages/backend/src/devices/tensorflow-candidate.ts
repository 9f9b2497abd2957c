import type { Candidate } from './candidate.js';
import { nvidiaObstacle } from './nvidia-gpu.js';

/** libtensorflow through its C API, on the processor or on an NVIDIA GPU. */
export function tensorflowCandidate(device: 'cpu' | 'cuda'): Candidate {
  return {
    device,
    implementation: 'libtensorflow',
    obstacle: () => Promise.resolve((device === 'cuda' ? nvidiaObstacle() : undefined) ?? 'the engine is not built yet'),
    start: () => Promise.reject(new Error('the engine is not built yet')),
  };
}
