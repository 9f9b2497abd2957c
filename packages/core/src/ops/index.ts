export {
  batchNormDefaults,
  batchNormTraining,
  type BatchNormOptions,
  type BatchNormResult,
} from './batch-norm-training.js';
export { sinkhorn } from './sinkhorn.js';
export { stopGradient } from './stop-gradient.js';
