export { adjustBrightness } from './adjust-brightness.js';
export { adjustContrast } from './adjust-contrast.js';
export { adjustHue } from './adjust-hue.js';
export { adjustSaturation } from './adjust-saturation.js';
export { adjustSharpness } from './adjust-sharpness.js';
export { autoAugmentPolicies, type PolicyStep, type SubPolicy } from './auto-augment-policies.js';
export { autoAugment, type AutoAugmentOptions } from './auto-augment.js';
export { autocontrast } from './autocontrast.js';
export { blockMaskDefaults, drawBlockMask, type BlockMaskOptions } from './block-mask.js';
export { byolViews } from './byol-views.js';
export { centreBoxes, centreCrop, type CentreCropOptions } from './centre-crop.js';
export {
  applyColourJitter,
  colourJitter,
  colourJitterDefaults,
  drawColourJitter,
  type ColourJitterOptions,
  type ColourJitterParameters,
} from './colour-jitter.js';
export { composeViews } from './compose-views.js';
export { compose } from './compose.js';
export { applyCutout, cutout, type CutoutOptions, type CutoutParameters } from './cutout.js';
export { dinoV2Views, dinoViews } from './dino-views.js';
export { drawBeta } from './draw-beta.js';
export { equalize } from './equalize.js';
export { evalViews, type EvalViewsOptions } from './eval-views.js';
export { exploitPopulation, type Replacement } from './exploit-population.js';
export { exploreDraws, explorePbaPolicy } from './explore-pba-policy.js';
export {
  applyGaussianBlur,
  drawGaussianBlur,
  gaussianBlur,
  gaussianBlurDefaults,
  gaussianKernelSize,
  type GaussianBlurOptions,
  type GaussianBlurParameters,
} from './gaussian-blur.js';
export {
  applyGaussianNoise,
  gaussianNoise,
  gaussianNoiseDefaults,
  type GaussianNoiseOptions,
  type GaussianNoiseParameters,
} from './gaussian-noise.js';
export { applyHorizontalFlip, horizontalFlip, type FlipParameters } from './horizontal-flip.js';
export { invert } from './invert.js';
export { luminance } from './luminance.js';
export { maeViews } from './mae-views.js';
export {
  autoAugmentMagnitudes,
  randAugmentMagnitudes,
  trivialAugmentMagnitudes,
  type MagnitudeRange,
  type MagnitudeTable,
} from './magnitudes.js';
export { blockMasks, imageMasks, imageMasksDefaults, randomMasks, type ImageMasksOptions } from './mask-draws.js';
export { drawMaskCounts, maskCountsDefaults, type MaskCountsOptions } from './mask-counts.js';
export {
  applyCutmix,
  applyMixup,
  drawCutmix,
  drawMixup,
  mixingDefaults,
  mixLabels,
  type CutmixParameters,
  type MixingOptions,
  type MixupParameters,
} from './mixing.js';
export { mocoV2Views } from './moco-v2-views.js';
export { localCropSize, multiCropViews, type CropGroup } from './multi-crop-views.js';
export { applyNormalize, defaultNormalization, imagenetStatistics, normalize, type NormalizeOptions } from './normalize.js';
export {
  applyOperations,
  operationNames,
  type OperationName,
  type OperationParameters,
  type OperationsOptions,
} from './operations.js';
export type { PbaMember, PbaSearchSettings, PbaSearchState } from './pba-search-state.js';
export { pbaSchedules, type PbaPhase } from './pba-schedules.js';
export { toImages, toPlanes, type Planes } from './planes.js';
export {
  pbaOperations,
  pbaPolicyAt,
  populationBasedAugment,
  type PbaStepParameters,
  type PopulationBasedAugmentOptions,
} from './population-based-augment.js';
export { posterize } from './posterize.js';
export { randAugment, randAugmentDefaults, type RandAugmentOptions, type StepsParameters } from './rand-augment.js';
export {
  applyAffine,
  inverseAffine,
  randomAffine,
  randomAffineDefaults,
  type AffineParameters,
  type RandomAffineOptions,
} from './random-affine.js';
export { randomApply, type RandomApplyParameters } from './random-apply.js';
export { applyRandomAutocontrast, randomAutocontrast, type RandomAutocontrastParameters } from './random-autocontrast.js';
export { applyRandomCrop, randomCrop, type RandomCropOptions, type RandomCropParameters } from './random-crop.js';
export { applyRandomEqualize, randomEqualize, type RandomEqualizeParameters } from './random-equalize.js';
export {
  applyRandomErasing,
  drawRandomErasing,
  randomErasing,
  randomErasingDefaults,
  type ErasingParameters,
  type RandomErasingOptions,
} from './random-erasing.js';
export { applyGreyscale, randomGreyscale, type GreyscaleParameters } from './random-greyscale.js';
export { applyRandomInvert, randomInvert, type RandomInvertParameters } from './random-invert.js';
export { drawRandomMask, maskedCount, type RandomMask, type RandomMaskOptions } from './random-mask.js';
export {
  applyRandomPosterize,
  randomPosterize,
  randomPosterizeDefaults,
  type RandomPosterizeOptions,
  type RandomPosterizeParameters,
} from './random-posterize.js';
export {
  drawRandomResizedCrop,
  randomResizedCrop,
  randomResizedCropDefaults,
  type RandomResizedCropDrawOptions,
  type RandomResizedCropOptions,
} from './random-resized-crop.js';
export { applyRightAngle, randomRightAngle, type RightAngleParameters } from './random-right-angle.js';
export { randomRotation, type RandomRotationOptions } from './random-rotation.js';
export {
  randomSharpness,
  randomSharpnessDefaults,
  type RandomSharpnessOptions,
  type RandomSharpnessParameters,
} from './random-sharpness.js';
export { applyRandomSobel, randomSobel, type RandomSobelParameters } from './random-sobel.js';
export { resizeWeights, type Interpolation, type Interval, type ResizeWeightsOptions } from './resize-weights.js';
export { applyResizedCrop, type CropBoxes, type ResizedCropOptions } from './resized-crop.js';
export {
  searchPbaDefaults,
  searchPbaSchedule,
  type PbaSearchInput,
  type PbaSearchResult,
  type PbaTraining,
} from './search-pba-schedule.js';
export { simclrViews, type SimclrViewsOptions } from './simclr-views.js';
export { sobel } from './sobel.js';
export {
  applySolarize,
  solarize,
  solarizeDefaults,
  type SolarizeOptions,
  type SolarizeParameters,
} from './solarize.js';
export { swavViews, type MultiCropPresetOptions } from './swav-views.js';
export type { DrawContext, Transform } from './transform.js';
export { trivialAugment, trivialAugmentDefaults, type TrivialAugmentOptions } from './trivial-augment.js';
export { applyVerticalFlip, verticalFlip } from './vertical-flip.js';
export { vicregViews } from './vicreg-views.js';
export { viewPresets } from './view-presets.js';
export { smallSide, viewTransforms, type PresetOptions, type ViewOptions } from './view-transforms.js';
export { warpAffine, type WarpOptions } from './warp-affine.js';
export { withMasks, type DrawMasks } from './with-masks.js';
export { withMixing, type WithMixingOptions } from './with-mixing.js';
