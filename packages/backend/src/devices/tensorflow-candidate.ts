import { SslError } from '@ssl/core';
import { registerTrainingKernels } from '../kernels/register-training-kernels.js';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { inspectLibrary } from '../library/inspect-library.js';
import { backendName, createTensorflowBackend, createTensorflowEngine } from '../tensorflow/index.js';
import { activate } from './activate.js';
import type { Candidate } from './candidate.js';
import { nvidiaGpuNames, nvidiaObstacle } from './nvidia-gpu.js';

/** libtensorflow through its C API, on the processor or on an NVIDIA GPU. */
export function tensorflowCandidate(device: 'cpu' | 'cuda'): Candidate {
  return {
    device,
    implementation: 'libtensorflow',
    async obstacle({ library, cacheFolder, download }) {
      const gpuObstacle = device === 'cuda' ? nvidiaObstacle() : undefined;
      if (gpuObstacle !== undefined) return gpuObstacle;
      const missing = await inspectLibrary({ variant: device, library, cacheFolder });
      return missing !== undefined && (missing.final || !download) ? missing.reason : undefined;
    },
    async start({ precision, threads, deterministic, xla, library, cacheFolder, onProgress, signal }) {
      const folder = await ensureLibtensorflow({ variant: device, library, cacheFolder, onProgress, signal });
      const started = await createTensorflowBackend({ folder, threads, precision, deterministic, xla, gpu: device === 'cuda' });
      const { runtime, binding } = started;
      binding.precision = precision; // a process holds one library, which may have been loaded with another
      if (device === 'cuda' && !runtime.hasGpu) {
        throw new SslError(
          `device 'cuda' needs a libtensorflow that sees a GPU, but ${folder} (${runtime.version}) offers ${runtime.devices.map(({ type }) => type).join(', ')} only. Where SSL_LIBTENSORFLOW names a build for CPUs, name one with CUDA or leave it out.`,
          { from: '@ssl/backend' },
        );
      }
      await activate(backendName);
      registerTrainingKernels();
      const hardware = device === 'cuda' ? nvidiaGpuNames().join(', ') || 'NVIDIA GPU' : `CPU, ${started.threads} thread${started.threads === 1 ? '' : 's'}`;
      return {
        engine: createTensorflowEngine(started, { device: hardware }),
        tfjsBackend: backendName,
        implementation: `libtensorflow ${runtime.version}`,
        library: folder,
        compiler: started.xla ? 'xla' : 'graph',
        notes: [
          ...(precision === 'float32' || binding.convolvesInBfloat16
            ? []
            : ["this processor has no AVX-512, and so no quick bfloat16: convolutions are computed in float32, and products in bfloat16 take longer than in float32 and are less exact than elsewhere. 'float32' is the better choice here, unless memory is short"]),
          ...(started.threads === threads ? [] : [`the library runs with ${started.threads} threads since it was loaded with them in this process`]),
          ...(started.xla === xla ? [] : [`the library runs ${started.xla ? 'with' : 'without'} XLA since it was loaded so in this process`]),
        ],
      };
    },
  };
}
