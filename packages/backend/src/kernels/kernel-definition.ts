import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, KernelFunc, Tensor } from '@tensorflow/tfjs-core';

/** Tensors of a kernel call by name. */
export type Inputs<Name extends string> = Readonly<Record<Name, Tensor>>;

/** One kernel of the backend 'tensorflow' with its gradient. */
export interface KernelDefinition {
  readonly name: string;
  /** Runs in a tidy of its own; the results are handed to the caller. */
  readonly forward: (inputs: Inputs<string>, attributes: Readonly<Record<string, unknown>>) => Tensor | Tensor[];
  readonly gradient?: Omit<GradConfig, 'kernelName'>;
}

/** Registers kernels and gradients with tfjs-core, in the place of earlier ones of the same name. */
export function registerKernels(definitions: readonly KernelDefinition[], backendName: string): void {
  for (const { name, forward, gradient } of definitions) {
    const kernelFunc: KernelFunc = ({ inputs, attrs }) => tf.tidy(() => forward(inputs as Inputs<string>, attrs ?? {}));
    if ((tf.getKernel(name, backendName) as unknown) !== undefined) tf.unregisterKernel(name, backendName);
    tf.registerKernel({ kernelName: name, backendName, kernelFunc });
    if (gradient !== undefined) tf.registerGradient({ kernelName: name, ...gradient });
  }
}
