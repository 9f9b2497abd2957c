export { isSslError, SslError, type SslErrorOptions } from './errors.js';
export type { BatchLoader, HostBatch, LoaderPosition, ViewBatch, Views, ViewsInput } from './batch.js';
export {
  compile,
  compileEagerly,
  currentEngine,
  registerEngine,
  withPrecision,
  type CompiledFunction,
  type CompileOptions,
  type Engine,
  type Precision,
} from './engine.js';
export { apply } from './modules/apply.js';
export type { Backbone, Mode, Module, Variables } from './modules/module.js';
export type { Scope } from './modules/scope.js';
export { relu } from './modules/activation.js';
export { batchNorm, batchNormModuleDefaults, type BatchNormModuleOptions } from './modules/batch-norm.js';
export { conv2d, conv2dDefaults, type Conv2dOptions } from './modules/conv2d.js';
export { linear, linearDefaults, type LinearOptions } from './modules/linear.js';
export { sequential } from './modules/sequential.js';
export { foldIn, randomKey } from './random/random-key.js';
export { cloneTree } from './tensor-tree/clone-tree.js';
export { disposeTree } from './tensor-tree/dispose-tree.js';
export { flattenTree, type FlatTree } from './tensor-tree/flatten-tree.js';
export { isTensor } from './tensor-tree/is-tensor.js';
export { mapTree, unflattenTree, type MappedTree } from './tensor-tree/map-tree.js';
export type { TensorRecord, TensorTree } from './tensor-tree/tensor-tree.js';
export { assertSameStructure, treeDifference } from './tensor-tree/tree-difference.js';
export { mapToTree, treeToMap } from './tensor-tree/tree-map.js';
export {
  valueAndGradients,
  type ValueAndGradients,
  type ValueWithAux,
} from './tensor-tree/value-and-gradients.js';
