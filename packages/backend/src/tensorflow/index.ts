export { availableCores } from './available-cores.js';
export { registerGradients } from './load-bundle.js';
export { backendName, createTensorflowBackend, type TensorflowBackend, type TensorflowBackendOptions } from './register.js';
export { attribute, bytesToFloat, runOp, runSingleOp, toFloat32 } from './run-op.js';
export { TensorflowError } from './tensorflow-error.js';
