export { allGather } from './all-gather.js';
export { allReduce } from './all-reduce.js';
export { attention, attentionDefaults, attentionWeights, type AttentionOptions } from './attention.js';
export {
  batchNormDefaults,
  batchNormTraining,
  type BatchNormOptions,
  type BatchNormResult,
} from './batch-norm-training.js';
export { checkpointed } from './checkpointed.js';
export { fused, fusedResults, fuses, type FusedOptions } from './fused.js';
export { gatherTokens } from './gather-tokens.js';
export { gelu, geluDefaults, type GeluOptions } from './gelu.js';
export { imagesFromBytes } from './images-from-bytes.js';
export { l2Normalize, l2NormalizeDefaults, type L2NormalizeOptions } from './l2-normalize.js';
export { layerNorm, layerNormDefaults, type LayerNormOptions } from './layer-norm.js';
export { logSoftmax } from './log-softmax.js';
export { randomIntegers } from './random-integers.js';
export { randomNormal } from './random-normal.js';
export { randomPermutation } from './random-permutation.js';
export { randomUniform } from './random-uniform.js';
export { reduceScatter } from './reduce-scatter.js';
export { sinkhorn, sinkhornDefaults, type SinkhornOptions } from './sinkhorn.js';
export { softmaxCrossEntropy } from './softmax-cross-entropy.js';
export { stopGradient } from './stop-gradient.js';
