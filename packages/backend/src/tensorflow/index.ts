export { backendName } from './backend-name.js';
export { availableCores } from './available-cores.js';
export type { TraceEvent } from './compile-function.js';
export { createTensorflowEngine, type TensorflowEngineOptions } from './engine.js';
export { gramEigenvalues } from './gram-eigenvalues.js';
export { registerGradients } from './load-bundle.js';
export { createTensorflowBackend, type TensorflowBackend, type TensorflowBackendOptions } from './register.js';
export { attribute, bytesToFloat, runOp, runSingleOp, toFloat32 } from './run-op.js';
export { TensorflowError } from './tensorflow-error.js';
