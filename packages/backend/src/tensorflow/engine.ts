import type { Engine } from '@ssl/core';
import { compileFunction, type TraceEvent } from './compile-function.js';
import { isFused } from './fused-function.js';
import type { TensorflowBackend } from './register.js';

export interface TensorflowEngineOptions {
  /** For people; the processor and its threads, or the graphics cards, if left out. */
  readonly device?: string;
  /** Told of every trace: the first of a function and each recompilation. */
  readonly onTrace?: (event: TraceEvent) => void;
}

/** The engine that `@ssl/core` compiles with, on a backend made by `createTensorflowBackend`. */
export function createTensorflowEngine(tensorflow: TensorflowBackend, options: TensorflowEngineOptions = {}): Engine {
  const { backend, binding, runtime, threads } = tensorflow;
  const processor = `CPU, ${threads} thread${threads === 1 ? '' : 's'}`;
  return {
    name: 'tensorflow',
    device: options.device ?? (runtime.hasGpu ? `${runtime.devices.filter(({ type }) => type === 'GPU').length} GPU, ${processor}` : processor),
    precision: binding.precision,
    compile: (fn, compileOptions) => compileFunction(backend, fn, compileOptions, options.onTrace),
    withPrecision(precision, fn) {
      const before = binding.precision;
      binding.precision = precision;
      try {
        return fn();
      } finally {
        binding.precision = before;
      }
    },
    fuses: isFused,
  };
}
