export type { Features, ImageBytes, LabelledFeatures } from './features/features.js';
export { knn, knnDefaults, knnMajority, type KnnOptions, type KnnResult } from './knn/knn.js';
export {
  nearestNeighbours,
  nearestNeighboursDefaults,
  type GroupedFeatures,
  type NearestNeighboursOptions,
} from './knn/nearest-neighbours.js';
export type { Neighbours } from './knn/neighbours.js';
export { vote, voteDefaults, type VoteOptions, type VoteResult } from './knn/vote.js';
export { classificationReport, type ClassificationReport, type ClassResult } from './metrics/classification-report.js';
export type {
  JsonValue,
  PictureSheet,
  ReportClasses,
  ReportCurve,
  ReportData,
  ReportFact,
  ReportNeighbour,
  ReportNeighbours,
  ReportResultRow,
  ReportResults,
  ReportStep,
  ReportViews,
} from './report/report-data.js';
