export { checkNames, conformance, conformanceDefaults, type CheckName, type ConformanceOptions } from './conformance.js';
export { embeddingRows, extremeViews, type EmbeddingViews } from './extreme-views.js';
export { gradientError, gradientErrorDefaults, type GradientErrorOptions } from './gradient-error.js';
export { invariance, invarianceDefaults, type Invariance, type InvarianceOptions } from './invariance.js';
export { toyLoader, toyLoaderDefaults, type ToyLoaderOptions } from './toy-loader.js';
export { toyMethod, toyMethodDefaults, type ToyAux, type ToyMethodOptions, type ToyOutputs } from './toy-method.js';
export { toyViews } from './toy-views.js';
export { watchToyRun, watchToyRunDefaults, type WatchToyRunOptions } from './watch-toy-run.js';
