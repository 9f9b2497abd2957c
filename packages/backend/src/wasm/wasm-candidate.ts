import * as tf from '@tensorflow/tfjs-core';
import type { Candidate } from '../devices/candidate.js';
import { eagerEngine } from '../devices/eager-engine.js';
import { activate } from '../devices/activate.js';
import { registerWasmTrainingKernels } from './wasm-training-kernels.js';

/** tfjs's WebAssembly backend, with the training kernels that it lacks. */
export const wasmCandidate: Candidate = {
  device: 'wasm',
  implementation: '@tensorflow/tfjs-backend-wasm',
  obstacle: () =>
    Promise.resolve('WebAssembly' in globalThis ? undefined : 'this JavaScript engine has no WebAssembly'),
  async start({ precision, threads }) {
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    wasm.setThreadsCount(threads);
    await activate('wasm');
    registerWasmTrainingKernels();
    // tfjs never reports multi-threading under Node, whatever was asked for.
    const threaded = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT');
    const used = threaded === true ? threads : 1;
    const notes: string[] = [];
    if (used < threads) notes.push('tfjs runs WebAssembly on one thread under Node');
    if (precision === 'bfloat16') notes.push('WebAssembly computes in float32; bfloat16 was ignored');
    return {
      engine: eagerEngine('wasm', `CPU, WebAssembly, ${used} thread${used === 1 ? '' : 's'}`),
      tfjsBackend: 'wasm',
      implementation: `@tensorflow/tfjs-backend-wasm ${wasm.version_wasm}`,
      notes,
    };
  },
};
