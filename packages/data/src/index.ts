export { BrokenImages, brokenImagesListed, type BrokenImage } from './broken-images.js';
export type { Dataset, EncodedImage, ImageSource, RawImage } from './dataset.js';
export { decodeDefaults, decodeImage, type DecodedImage, type DecodeOptions, type Fit } from './decode-image.js';
export { epochOrder } from './epoch-order.js';
export { evaluationBatches, type EvaluationBatchesOptions } from './evaluation-batches.js';
export { imageFolder, type ImageFolder, type ImageFolderOptions } from './image-folder.js';
export { imageLoader, imageLoaderDefaults, type ImageLoader, type ImageLoaderOptions } from './image-loader.js';
export { imageReaderDefaults, type ImageReaderOptions } from './image-reader.js';
export { inMemory, type InMemoryOptions } from './in-memory.js';
