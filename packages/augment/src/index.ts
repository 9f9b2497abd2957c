export { adjustBrightness } from './adjust-brightness.js';
export { adjustContrast } from './adjust-contrast.js';
export { adjustHue } from './adjust-hue.js';
export { adjustSaturation } from './adjust-saturation.js';
export { centreBoxes, centreCrop, type CentreCropOptions } from './centre-crop.js';
export {
  applyColourJitter,
  colourJitter,
  colourJitterDefaults,
  drawColourJitter,
  type ColourJitterOptions,
  type ColourJitterParameters,
} from './colour-jitter.js';
export { compose } from './compose.js';
export { composeViews } from './compose-views.js';
export { evalViews, type EvalViewsOptions } from './eval-views.js';
export {
  applyGaussianBlur,
  drawGaussianBlur,
  gaussianBlur,
  gaussianBlurDefaults,
  gaussianKernelSize,
  type GaussianBlurOptions,
  type GaussianBlurParameters,
} from './gaussian-blur.js';
export { applyHorizontalFlip, horizontalFlip, type FlipParameters } from './horizontal-flip.js';
export { luminance } from './luminance.js';
export { applyNormalize, imagenetStatistics, normalize, type NormalizeOptions } from './normalize.js';
export { toImages, toPlanes, type Planes } from './planes.js';
export { applyGreyscale, randomGreyscale, type GreyscaleParameters } from './random-greyscale.js';
export {
  drawRandomResizedCrop,
  randomResizedCrop,
  randomResizedCropDefaults,
  type RandomResizedCropDrawOptions,
  type RandomResizedCropOptions,
} from './random-resized-crop.js';
export { resizeWeights, type Interpolation, type Interval, type ResizeWeightsOptions } from './resize-weights.js';
export { applyResizedCrop, type CropBoxes, type ResizedCropOptions } from './resized-crop.js';
export { simclrTransforms, simclrViews, type SimclrViewsOptions } from './simclr-views.js';
export {
  applySolarize,
  solarize,
  solarizeDefaults,
  type SolarizeOptions,
  type SolarizeParameters,
} from './solarize.js';
export type { DrawContext, Transform } from './transform.js';
export { applyVerticalFlip, verticalFlip } from './vertical-flip.js';
