export { cacheFolder } from './files/cache-folder.js';
export { lockDefaults, tryLock, withLock, type HeldLock, type LockOptions, type RefusedLock } from './files/lock-file.js';
export { processState, thisProcess, type ProcessIdentity, type ProcessState } from './files/process-identity.js';
export { isSslError, SslError, type SslErrorOptions } from './errors.js';
export { requirePositive } from './require-positive.js';
export type { BatchLoader, HostBatch, HostExtra, LoaderPosition, ViewBatch, Views, ViewsInput } from './batch.js';
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
export { applyToViews } from './modules/apply-to-views.js';
export type { Backbone, Mode, Module, Variables } from './modules/module.js';
export type { Scope } from './modules/scope.js';
export { gelu, identity, relu, silu } from './modules/activation.js';
export { averagePool } from './modules/average-pool.js';
export { dropout, stochasticDepth } from './modules/dropout.js';
export { globalAveragePool } from './modules/global-average-pool.js';
export { groupNorm, groupNormDefaults, type GroupNormOptions } from './modules/group-norm.js';
export { layerNormalization } from './modules/layer-normalization.js';
export { maxPool, type PoolOptions } from './modules/max-pool.js';
export { mlp, mlpDefaults, type MlpOptions } from './modules/mlp.js';
export { resnet18, resnet34, resnet50, resnetDefaults, type ResnetOptions } from './modules/resnet.js';
export { smallConvNet, smallConvNetDefaults, type SmallConvNetOptions } from './modules/small-conv-net.js';
export { batchNorm, batchNormModuleDefaults, type BatchNormModuleOptions } from './modules/batch-norm.js';
export { conv2d, conv2dDefaults, type Conv2dOptions } from './modules/conv2d.js';
export { linear, linearDefaults, type LinearOptions } from './modules/linear.js';
export { sequential } from './modules/sequential.js';
export { childSeed } from './random/hash.js';
export { onRecompilation, reportRecompilation, type Recompilation } from './recompilations.js';
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
export { constant } from './schedules/constant.js';
export { cosine } from './schedules/cosine.js';
export { linearRamp } from './schedules/linear-ramp.js';
export { peakOfSchedule } from './schedules/peak-of-schedule.js';
export { resolveSchedule } from './schedules/resolve-schedule.js';
export type { Schedule } from './schedules/schedule.js';
export { sequence, type SequencePart } from './schedules/sequence.js';
export { stepDecay, type StepDecayOptions } from './schedules/step-decay.js';
export { warmupCosine, type WarmupCosineOptions } from './schedules/warmup-cosine.js';
export { adamw, adamwDefaults, type AdamwOptions } from './optimizers/adamw.js';
export { clipGradients, clipNormDefaults, type ClipNorm } from './optimizers/clip-gradients.js';
export { excludeBiasAndNorm } from './optimizers/exclude-bias-and-norm.js';
export { lars, larsDefaults, type LarsOptions } from './optimizers/lars.js';
export { layerDecay, layerDecayDefaults, type LayerDecayOptions } from './optimizers/layer-decay.js';
export type { MomentumOptions } from './optimizers/momentum.js';
export type {
  Optimizer,
  OptimizerInput,
  ParameterGroup,
  ParameterGroupRule,
  TensorMap,
} from './optimizers/optimizer.js';
export { parameterGroupDefaults, resolveGroups } from './optimizers/resolve-groups.js';
export { sgd, sgdDefaults, type SgdOptions } from './optimizers/sgd.js';
export { backboneBranch, backboneFeatures } from './method/backbone-features.js';
export { continueState, continueStateDefaults, type ContinueStateOptions } from './method/continue-state.js';
export { ema } from './method/ema.js';
export {
  frozenBackbone,
  frozenNetwork,
  frozenRoles,
  loadFrozenNetwork,
  type FrozenNetwork,
  type FrozenNetworkOptions,
  type FrozenRole,
  type MethodState,
} from './method/frozen-network.js';
export { groupBySize, splitViews } from './method/group-by-size.js';
export { scaledRecipe, type RecipeOptions } from './method/scaled-recipe.js';
export type {
  AuxInput,
  BatchSpec,
  CollapseSign,
  EmbedInput,
  ForwardInput,
  ForwardResult,
  MethodContext,
  MethodPlugin,
  Metrics,
  Normalization,
  ObjectiveInput,
  ObjectiveResult,
  PictureGrid,
  PicturesInput,
  Recipe,
  ScheduleValues,
  SslMethod,
  TrainedBackbone,
} from './method/method.js';
export type { CheckpointOptions } from './checkpoint/checkpoint-options.js';
export type {
  CheckpointEvent,
  EmbeddingHealth,
  EndEvent,
  EpochEvent,
  RunInfo,
  StepEvent,
  TrainHook,
  TrainStateView,
  TrainWarning,
} from './trainer/train-hook.js';
export { trainDefaults, type TrainOptions } from './trainer/train-options.js';
export type { TrainResult } from './trainer/train-result.js';
export { decodeSafetensors, type SafetensorsFile } from './files/decode-safetensors.js';
export { encodeSafetensors } from './files/encode-safetensors.js';
export { encodeSafetensorsHeader, type StoredTensorEntry } from './files/encode-safetensors-header.js';
export { loadStateDict } from './files/load-state-dict.js';
export { readSafetensors } from './files/read-safetensors.js';
export { restoreTensors } from './files/restore-tensors.js';
export { saveStateDict, type SaveStateDictOptions } from './files/save-state-dict.js';
export { fromStateDict, toStateDict, type FromStateDictOptions } from './files/state-dict.js';
export { storeTensors } from './files/store-tensors.js';
export { describeNonFinite, nonFiniteTensors, type NonFiniteTensor } from './files/non-finite-tensors.js';
export { storedValues, storeValues, type StoredTensor, type StoredType } from './files/stored-tensor.js';
export { holdTemporaryPath } from './files/temporary-path.js';
export { writeFileAtomically } from './files/write-file-atomically.js';
export { withClassifier } from './modules/with-classifier.js';
export { checkpointPath, latestCheckpoint, pruneCheckpoints, wholeCheckpointBefore } from './checkpoint/checkpoint-folder.js';
export type { Checkpoint, CheckpointInfo } from './checkpoint/checkpoint.js';
export { checkCheckpoint, loadCheckpoint, readCheckpointInfo } from './checkpoint/load-checkpoint.js';
export { restoreTree } from './checkpoint/restore-tree.js';
export { saveCheckpoint, type SaveCheckpointOptions } from './checkpoint/save-checkpoint.js';
export { defineMethod, type MethodDefinition } from './method/define-method.js';
export { NotFiniteError } from './trainer/guard.js';
export { HookError } from './trainer/hooks.js';
export { measureEmbedding } from './trainer/monitor.js';
export { train } from './trainer/train.js';
export {
  visionTransformer,
  type TokenInput,
  type TokenOutput,
  type VisionTransformer,
} from './modules/vision-transformer/vision-transformer.js';
export { constantTensor, normalTensor, uniformTensor } from './modules/initialise.js';
export { resizePatchPositions, resizePositions, type PatchPositionsOptions } from './modules/vision-transformer/resize-positions.js';
export { resizePositionBiases } from './modules/vision-transformer/resize-position-biases.js';
export { sineCosinePositions } from './modules/vision-transformer/sine-cosine-positions.js';
export { transformerBlocks, type TransformerBlocksOptions } from './modules/vision-transformer/transformer-blocks.js';
export { isVisionTransformer, requireVisionTransformer } from './modules/vision-transformer/require-vision-transformer.js';
export {
  visionTransformerDefaults,
  type VisionTransformerOptions,
} from './modules/vision-transformer/vision-transformer-options.js';
export {
  beitOptions,
  dinov2Options,
  dinov2RegisterOptions,
  vitBase,
  vitGiant,
  vitHuge,
  vitLarge,
  vitSmall,
  vitTiny,
} from './modules/vision-transformer/vit-presets.js';
