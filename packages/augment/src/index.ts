// What a transform is, and how transforms are put together
export { composeViews } from './transform/compose-views.js';
export { compose } from './transform/compose.js';
export { toImages, toPlanes, type Planes } from './transform/planes.js';
export { randomApply, type RandomApplyParameters } from './transform/random-apply.js';
export type { DrawContext, Transform } from './transform/transform.js';
export { withMasks, type DrawMasks } from './transform/with-masks.js';

// Colours
export { adjustBrightness } from './colour/adjust-brightness.js';
export { adjustContrast } from './colour/adjust-contrast.js';
export { adjustHue } from './colour/adjust-hue.js';
export { adjustSaturation } from './colour/adjust-saturation.js';
export { autocontrast } from './colour/autocontrast.js';
export {
  applyColourJitter,
  colourJitter,
  colourJitterDefaults,
  drawColourJitter,
  type ColourJitterOptions,
  type ColourJitterParameters,
} from './colour/colour-jitter.js';
export { equalize } from './colour/equalize.js';
export {
  applyGaussianNoise,
  gaussianNoise,
  gaussianNoiseDefaults,
  type GaussianNoiseOptions,
  type GaussianNoiseParameters,
} from './colour/gaussian-noise.js';
export { invert } from './colour/invert.js';
export { luminance } from './colour/luminance.js';
export { applyNormalize, defaultNormalization, imagenetStatistics, normalize, type NormalizeOptions } from './colour/normalize.js';
export { posterize } from './colour/posterize.js';
export { applyRandomAutocontrast, randomAutocontrast, type RandomAutocontrastParameters } from './colour/random-autocontrast.js';
export { applyRandomEqualize, randomEqualize, type RandomEqualizeParameters } from './colour/random-equalize.js';
export { applyGreyscale, randomGreyscale, type GreyscaleParameters } from './colour/random-greyscale.js';
export { applyRandomInvert, randomInvert, type RandomInvertParameters } from './colour/random-invert.js';
export {
  applyRandomPosterize,
  randomPosterize,
  randomPosterizeDefaults,
  type RandomPosterizeOptions,
  type RandomPosterizeParameters,
} from './colour/random-posterize.js';
export {
  applySolarize,
  solarize,
  solarizeDefaults,
  type SolarizeOptions,
  type SolarizeParameters,
} from './colour/solarize.js';

// Blur and edges
export { adjustSharpness } from './blur/adjust-sharpness.js';
export {
  applyGaussianBlur,
  drawGaussianBlur,
  gaussianBlur,
  gaussianBlurDefaults,
  gaussianKernelSize,
  type GaussianBlurOptions,
  type GaussianBlurParameters,
} from './blur/gaussian-blur.js';
export {
  randomSharpness,
  randomSharpnessDefaults,
  type RandomSharpnessOptions,
  type RandomSharpnessParameters,
} from './blur/random-sharpness.js';
export { applyRandomSobel, randomSobel, type RandomSobelParameters } from './blur/random-sobel.js';
export { sobel } from './blur/sobel.js';

// Where pixels are
export { centreBoxes, centreCrop, type CentreCropOptions } from './geometry/centre-crop.js';
export { applyHorizontalFlip, horizontalFlip, type FlipParameters } from './geometry/horizontal-flip.js';
export {
  applyAffine,
  inverseAffine,
  randomAffine,
  randomAffineDefaults,
  type AffineParameters,
  type RandomAffineOptions,
} from './geometry/random-affine.js';
export { applyRandomCrop, randomCrop, type RandomCropOptions, type RandomCropParameters } from './geometry/random-crop.js';
export {
  drawRandomResizedCrop,
  randomResizedCrop,
  randomResizedCropDefaults,
  type RandomResizedCropDrawOptions,
  type RandomResizedCropOptions,
} from './geometry/random-resized-crop.js';
export { applyRightAngle, randomRightAngle, type RightAngleParameters } from './geometry/random-right-angle.js';
export { randomRotation, type RandomRotationOptions } from './geometry/random-rotation.js';
export { resizeWeights, type Interpolation, type Interval, type ResizeWeightsOptions } from './geometry/resize-weights.js';
export { applyResizedCrop, type CropBoxes, type ResizedCropOptions } from './geometry/resized-crop.js';
export { applyVerticalFlip, verticalFlip } from './geometry/vertical-flip.js';
export { warpAffine, type WarpOptions } from './geometry/warp-affine.js';

// Hidden parts
export { blockMaskDefaults, drawBlockMask, type BlockMaskOptions } from './masks/block-mask.js';
export { applyCutout, cutout, type CutoutOptions, type CutoutParameters } from './masks/cutout.js';
export { blockMasks, imageMasks, imageMasksDefaults, randomMasks, type ImageMasksOptions } from './masks/mask-draws.js';
export { drawMaskCounts, maskCountsDefaults, type MaskCountsOptions } from './masks/mask-counts.js';
export {
  applyRandomErasing,
  drawRandomErasing,
  randomErasing,
  randomErasingDefaults,
  type ErasingParameters,
  type RandomErasingOptions,
} from './masks/random-erasing.js';
export { drawRandomMask, maskedCount, type RandomMask, type RandomMaskOptions } from './masks/random-mask.js';

// Mixed images
export { drawBeta } from './mixing/draw-beta.js';
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
} from './mixing/mixing.js';
export { withMixing, type WithMixingOptions } from './mixing/with-mixing.js';

// Policies
export { autoAugmentPolicies, type PolicyStep, type SubPolicy } from './policies/auto-augment-policies.js';
export { autoAugment, type AutoAugmentOptions } from './policies/auto-augment.js';
export { exploitPopulation, type Replacement } from './policies/exploit-population.js';
export { exploreDraws, explorePbaPolicy } from './policies/explore-pba-policy.js';
export {
  autoAugmentMagnitudes,
  randAugmentMagnitudes,
  trivialAugmentMagnitudes,
  type MagnitudeRange,
  type MagnitudeTable,
} from './policies/magnitudes.js';
export {
  applyOperations,
  operationNames,
  type OperationName,
  type OperationParameters,
  type OperationsOptions,
} from './policies/operations.js';
export type { PbaMember, PbaSearchSettings, PbaSearchState } from './policies/pba-search-state.js';
export { pbaSchedules, type PbaPhase } from './policies/pba-schedules.js';
export {
  pbaOperations,
  pbaPolicyAt,
  populationBasedAugment,
  type PbaStepParameters,
  type PopulationBasedAugmentOptions,
} from './policies/population-based-augment.js';
export { randAugment, randAugmentDefaults, type RandAugmentOptions, type StepsParameters } from './policies/rand-augment.js';
export {
  searchPbaDefaults,
  searchPbaSchedule,
  type PbaSearchInput,
  type PbaSearchResult,
  type PbaTraining,
} from './policies/search-pba-schedule.js';
export { trivialAugment, trivialAugmentDefaults, type TrivialAugmentOptions } from './policies/trivial-augment.js';

// Views of methods
export { byolViews } from './views/byol-views.js';
export { dinoV2Views, dinoViews } from './views/dino-views.js';
export { evalViews, type EvalViewsOptions } from './views/eval-views.js';
export { maeViews } from './views/mae-views.js';
export { mocoV2Views } from './views/moco-v2-views.js';
export { localCropSize, multiCropViews, type CropGroup } from './views/multi-crop-views.js';
export { simclrViews, type SimclrViewsOptions } from './views/simclr-views.js';
export { swavViews, type MultiCropPresetOptions } from './views/swav-views.js';
export { vicregViews } from './views/vicreg-views.js';
export { viewPresets } from './views/view-presets.js';
export { smallSide, viewTransforms, type PresetOptions, type ViewOptions } from './views/view-transforms.js';
