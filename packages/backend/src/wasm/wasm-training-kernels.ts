import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { registerConv2dFilterGradient } from '../kernels/conv2d-filter-gradient.js';

/** Kernels that tfjs's WebAssembly backend lacks and for which there is no replacement here. */
const missing = [
  tf.Complex,
  tf.ComplexAbs,
  tf.DepthwiseConv2dNativeBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropInput,
  tf.Einsum,
  tf.FFT,
  tf.IFFT,
  tf.Imag,
  tf.Real,
  tf.UnsortedSegmentSum,
];

/** Supplies the kernels that training needs and WebAssembly lacks; those that stay missing say so when they are used. */
export function registerWasmTrainingKernels(): void {
  registerConv2dFilterGradient('wasm');
  for (const kernelName of missing) {
    if (tf.getKernel(kernelName, 'wasm') !== undefined) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: () => {
        throw new SslError(
          `this computation needs the kernel '${kernelName}', which the WebAssembly backend does not have. Use device 'cpu' (libtensorflow) or 'js'.`,
          { from: '@ssl/backend' },
        );
      },
    });
  }
}
