import type { Precision } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { availableCores } from './available-cores.js';
import { backendName } from './backend-name.js';
import { TensorflowBinding } from './binding.js';
import { registerExtraKernels } from './extra-kernels.js';
import { guardVariableAssignment } from './forbid-side-effects.js';
import { loadBundle, registerGradients } from './load-bundle.js';
import { extendNodeBackend, type NodeBackend, type NodeBackendClass } from './node-backend.js';
import { registerNativeGradients } from './native-gradients.js';
import { TensorflowRuntime } from './runtime.js';
import { usesOneDnn } from './uses-one-dnn.js';

export interface TensorflowBackendOptions {
  /** Folder that holds libtensorflow_cc and libtensorflow_framework. */
  readonly folder: string;
  /** Threads that one operation spreads over; the cores that this process really has if left out. */
  readonly threads?: number;
  /** Operations that run at the same time; as many as threads if left out. */
  readonly interOpThreads?: number;
  /** Use graphics cards where the library has them. */
  readonly gpu?: boolean;
  /** Number format of matrix products and convolutions outside of `withPrecision`. */
  readonly precision?: Precision;
  /** Refuse operations whose result depends on the order in which threads finish. Bit for bit the same from run to run. */
  readonly deterministic?: boolean;
  /** XLA compiles all elementwise parts of compiled functions, not only those that it compiles in any case. */
  readonly xla?: boolean;
}

/** The registered backend and what it runs on. */
export interface TensorflowBackend {
  readonly backend: NodeBackend;
  readonly binding: TensorflowBinding;
  readonly runtime: TensorflowRuntime;
  readonly threads: number;
  /** Whether XLA was switched on when the library was loaded. */
  readonly xla: boolean;
}

let registered: Promise<TensorflowBackend> | undefined;

/** Read by the library when it is loaded, hence before. What the user set stays. */
function setEnvironment({ deterministic = false, xla = false }: TensorflowBackendOptions): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  if (usesOneDnn()) process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  if (deterministic) {
    process.env.TF_DETERMINISTIC_OPS ??= '1';
    process.env.TF_CUDNN_DETERMINISTIC ??= '1';
  }
  if (xla) process.env.TF_XLA_FLAGS ??= '--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit --tf_xla_ops_to_cluster=FUSIBLE';
}

async function register(options: TensorflowBackendOptions): Promise<TensorflowBackend> {
  setEnvironment(options);
  const { folder, gpu = true, precision = 'float32' } = options;
  const threads = options.threads ?? availableCores();
  const runtime = new TensorflowRuntime(folder, { intraOpThreads: threads, interOpThreads: options.interOpThreads ?? threads, gpu });
  const binding = new TensorflowBinding(runtime, precision);
  const { NodeJSKernelBackend } = (await loadBundle('tfjs-node-kernels')) as { NodeJSKernelBackend: NodeBackendClass };
  await registerGradients();
  const backend = new (extendNodeBackend(NodeJSKernelBackend))(binding, '@tensorflow/tfjs-node');
  tf.registerBackend(backendName, () => backend, 3);
  registerExtraKernels();
  registerNativeGradients();
  guardVariableAssignment(binding);
  return { backend, binding, runtime, threads, xla: options.xla ?? false };
}

/**
 * Loads libtensorflow and registers it with tfjs under the name 'tensorflow', with the kernels of `@tensorflow/tfjs-node`.
 * It does not make it the active backend: `await tf.setBackend('tensorflow')` does.
 *
 * A process holds one: later calls return the first and may change its precision, nothing else.
 *
 * @throws what the dynamic loader says when the library is missing or does not fit the machine.
 */
export async function createTensorflowBackend(options: TensorflowBackendOptions): Promise<TensorflowBackend> {
  registered ??= register(options);
  try {
    const tensorflow = await registered;
    if (options.precision !== undefined) tensorflow.binding.precision = options.precision;
    return tensorflow;
  } catch (error) {
    registered = undefined;
    throw error;
  }
}
