export { attentionPictures, attentionPicturesDefaults, type AttentionPicturesInput } from './attention/attention-pictures.js';
export { classAttention, type ClassAttention } from './attention/class-attention.js';
export { topMass } from './attention/top-mass.js';
export { colourHistogram, colourHistogramDefaults, type ColourHistogramOptions } from './baselines/colour-histogram.js';
export type { BlockNorm } from './baselines/hog-block.js';
export { hog, hogDefaults, type HogOptions } from './baselines/hog.js';
export { rawPixels } from './baselines/raw-pixels.js';
export { embedBatches, embedDataset, type EmbedDatasetOptions, type EmbeddedImages } from './embed/embed-dataset.js';
export { collectImages, imageBatches, type ImageSet } from './embed/image-set.js';
export { labelledRows, type PartlyLabelled } from './embed/labelled-rows.js';
export { takeImages } from './embed/take-images.js';
export type { Features, ImageBytes, LabelledFeatures } from './features/features.js';
export { takeRows } from './features/take-rows.js';
export { fineTune, type FineTuneInput, type FineTuneResult } from './finetune/fine-tune.js';
export { fineTuneDefaults, type FineTuneOptions } from './finetune/fine-tune-options.js';
export { layerRates } from './finetune/layer-rates.js';
export { shareOfLabels } from './finetune/share-of-labels.js';
export { smoothedCrossEntropy } from './finetune/smoothed-cross-entropy.js';
export { knn, knnDefaults, knnMajority, type KnnOptions, type KnnResult } from './knn/knn.js';
export {
  nearestNeighbours,
  nearestNeighboursDefaults,
  type GroupedFeatures,
  type NearestNeighboursOptions,
} from './knn/nearest-neighbours.js';
export { knnCeiling, type KnnCeiling } from './knn/knn-ceiling.js';
export type { Neighbours } from './knn/neighbours.js';
export { neighboursOfDistinct } from './knn/neighbours-of-distinct.js';
export { vote, voteDefaults, type VoteOptions, type VoteResult } from './knn/vote.js';
export { alignment, alignmentDefaults, type AlignmentOptions } from './metrics/alignment.js';
export { classificationReport, type ClassificationReport, type ClassResult } from './metrics/classification-report.js';
export { embeddingSpread } from './metrics/embedding-spread.js';
export { rankMe, rankMeDefaults, type RankMeOptions } from './metrics/rank-me.js';
export { singularValues } from './metrics/singular-values.js';
export { uniformity, uniformityDefaults, type UniformityOptions } from './metrics/uniformity.js';
export { fewShot, fewShotDefaults, type FewShotOptions, type FewShotResult, type MeanAndDeviation } from './probes/few-shot.js';
export { linearProbe } from './probes/linear-probe.js';
export { logisticProbe, logisticProbeDefaults, type LogisticProbeOptions, type LogisticProbeResult } from './probes/logistic-probe.js';
export { mlpProbe, mlpProbeDefaults, type MlpProbeOptions } from './probes/mlp-probe.js';
export { probeDefaults, probeLearningRates, type ProbeOptions, type ProbeResult, type ProbeSets } from './probes/probe.js';
export { splitByGroup, splitByGroupDefaults, splitRowsByGroup, type SplitByGroupOptions } from './probes/split-by-group.js';
export { chooseQueries, type ChooseQueriesInput } from './report/choose-queries.js';
export { imagesToBytes, imagesToBytesDefaults, type ImagesToBytesOptions } from './report/images-to-bytes.js';
export { neighbourGallery, neighbourGalleryDefaults, type NeighbourGalleryInput } from './report/neighbour-gallery.js';
export { pictureGrid, type PictureGridInput } from './report/picture-grid.js';
export { pictureSheet } from './report/picture-sheet.js';
export { renderReport } from './report/render-report.js';
export { reportClasses } from './report/report-classes.js';
export { readReport, writeReport } from './report/report-files.js';
export { viewsGallery, type ViewsGalleryInput } from './report/views-gallery.js';
export type {
  JsonValue,
  PictureSheet,
  ReportClasses,
  ReportCurve,
  ReportData,
  ReportFact,
  ReportMissingPictures,
  ReportNeighbour,
  ReportNeighbours,
  ReportPictureGrid,
  ReportPictures,
  ReportResultRow,
  ReportResults,
  ReportStep,
  ReportViews,
} from './report/report-data.js';
