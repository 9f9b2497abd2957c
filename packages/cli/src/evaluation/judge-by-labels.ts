import { composeViews, normalize, randomResizedCrop, withMixing } from '@ssl/augment';
import { SslError, type Views } from '@ssl/core';
import {
  fewShot,
  fineTune,
  knn,
  knnDefaults,
  linearProbe,
  mlpProbe,
  shareOfLabels,
  splitRowsByGroup,
  takeImages,
  takeRows,
  type ClassificationReport,
  type EmbeddedImages,
  type FineTuneOptions,
  type ImageSet,
  type LabelledFeatures,
} from '@ssl/eval';
import type { BuiltRun } from '../run/build-run.js';
import { embedImages, evaluationViews, type RunWeights } from './embed-images.js';
import { trainedBackbone } from './trained-backbone.js';

/** Protocols that learn from labels; `knn` of the comparison needs none of their settings. */
export const labelProtocols = ['knn', 'linear', 'mlp', 'few-shot', 'finetune'] as const;
export type LabelProtocol = (typeof labelProtocols)[number];

/** One line of the table. */
export interface JudgedRow {
  readonly protocol: LabelProtocol;
  /** Part of the training labels that was used, or examples of each class. */
  readonly labels: { readonly share: number } | { readonly shots: number };
  /** Accuracy on the held-out images. */
  readonly accuracy: number;
  readonly macroAccuracy: number;
  /** The same from the untrained network: frozen, or (fine-tuning) trained from scratch with the same budget. */
  readonly untrained: { readonly accuracy: number; readonly macroAccuracy: number };
  /** The same from the weights that the run started from, where it did not start at random. */
  readonly imported?: { readonly accuracy: number; readonly macroAccuracy: number };
}

export interface JudgeByLabelsInput {
  readonly run: BuiltRun;
  readonly weights: RunWeights;
  readonly start: RunWeights;
  /** What the run started from, where that was not at random. */
  readonly imported?: RunWeights;
  readonly images: ImageSet;
  /** Of each image by its position in the data set. */
  readonly groups?: Int32Array;
  readonly protocols: readonly LabelProtocol[];
  /** Parts of the training labels, from above 0 to 1. */
  readonly shares: readonly number[];
  readonly fineTuning?: FineTuneOptions;
  /** Alphas of Mixup and CutMix in fine-tuning. */
  readonly mixing?: { readonly mixup?: number; readonly cutmix?: number };
  readonly onProgress?: (line: string) => void;
}

export interface Judged {
  readonly rows: readonly JudgedRow[];
  readonly train: number;
  readonly test: number;
  readonly classes: number;
}

/** Part of the images that is held out, whole groups. */
const heldShare = 0.2;
const shots = 5;

/**
 * Judges a run by what can be learned from labels with its network: on four fifths of the images (whole groups), tested on the rest.
 *
 * @throws SslError where the images have no classes, or the method does not say which backbone it trains.
 */
export async function judgeByLabels(input: JudgeByLabelsInput): Promise<Judged> {
  const { run, weights, start, imported, groups, protocols, shares, onProgress } = input;
  const images = labelledImages(input.images);
  const { seed } = run.description;
  const imageGroups = groups === undefined ? undefined : images.indices.map((index) => groups[index] ?? -1);
  const split = splitRowsByGroup({ labels: images.labels, count: images.shape[0], ...(imageGroups === undefined ? {} : { groups: imageGroups }) }, { share: heldShare, seed });
  const [train, test] = [takeImages(images, split.trainRows), takeImages(images, split.heldRows)];
  const parts = shares.map((share) => ({ share, rows: shareOfLabels(train.labels!, share, seed) }));
  const frozen = protocols.filter((protocol) => protocol !== 'finetune');
  const features: LabelledFeatures[] = [];
  if (frozen.length > 0) for (const each of [weights, start, ...(imported === undefined ? [] : [imported])]) features.push(await embedded(run, each, images, imageGroups));
  const rows: JudgedRow[] = [];
  for (const protocol of protocols) {
    if (protocol === 'finetune') {
      for (const part of parts) rows.push(await fineTuned(input, { train: takeImages(train, part.rows), test, share: part.share }));
      continue;
    }
    for (const labels of protocol === 'few-shot' ? [{ shots }] : parts.map(({ share }) => ({ share }))) {
      onProgress?.(`${protocol} ...`);
      const [trained, untrained, before] = await Promise.all(features.map((all) => judgeFeatures(protocol, all)));
      rows.push({ protocol, labels, ...trained!, untrained: untrained!, ...(before === undefined ? {} : { imported: before }) });

      async function judgeFeatures(name: typeof protocol, all: LabelledFeatures): Promise<{ accuracy: number; macroAccuracy: number }> {
        const held = takeRows(all, split.heldRows);
        if (!('share' in labels)) {
          const { accuracy, macroAccuracy } = await fewShot(takeRows(all, split.trainRows), { shots, test: held, seed });
          return { accuracy: accuracy.mean, macroAccuracy: macroAccuracy.mean };
        }
        const part = parts.find(({ share }) => share === labels.share)!;
        const bank = takeRows(all, part.rows.map((row) => split.trainRows[row]!));
        if (name === 'knn') return figures(await knn(bank, { ...knnDefaults, k: Math.min(knnDefaults.k, bank.count), queries: held, centre: true }));
        return figures(await { linear: linearProbe, mlp: mlpProbe }[name as 'linear' | 'mlp']({ train: bank, test: held }, { seed, epochs: 50, classCount: classCountOf(images) }));
      }
    }
  }
  return { rows, train: train.shape[0], test: test.shape[0], classes: classCountOf(images) };
}

/** Fine-tuned from the run's weights, from scratch, and from what the run started from, with the same images and steps. */
async function fineTuned({ run, weights, imported, groups, fineTuning = {}, mixing = {}, onProgress }: JudgeByLabelsInput, part: { train: ImageSet; test: ImageSet; share: number }): Promise<JudgedRow> {
  const trained = trainedBackbone(run, weights, 'Fine-tuning needs', ', or take --protocol linear');
  const { seed } = run.description;
  const { share, train, test } = part;
  const common = {
    backbone: trained.backbone,
    train,
    test,
    ...(groups === undefined ? {} : { groups }),
    views: fineTuningViews(run, classCountOf(test, train), mixing),
    testViews: evaluationViews(run),
  };
  const progress = (what: string) => (step: number, steps: number) => onProgress?.(`${what} with ${percent(share)} of the labels: step ${String(step)} of ${String(steps)}`);
  const options = { seed, ...fineTuning, classCount: classCountOf(test, train) };
  const tuned = await fineTune({ ...common, variables: trained.variables, onProgress: progress('fine-tuned') }, options);
  const scratch = await fineTune({ ...common, onProgress: progress('from scratch') }, options);
  if (imported === undefined) return { protocol: 'finetune', labels: { share }, ...figures(tuned), untrained: figures(scratch) };
  const before = trainedBackbone(run, imported, 'Fine-tuning needs');
  const tunedBefore = await fineTune({ ...common, variables: before.variables, onProgress: progress('fine-tuned from the start') }, options);
  return { protocol: 'finetune', labels: { share }, ...figures(tuned), untrained: figures(scratch), imported: figures(tunedBefore) };
}

/** Crop from a third of the area, flip, normalise; labels mixed where asked for. */
function fineTuningViews({ description: { imageSize }, normalization }: BuiltRun, classes: number, mixing: NonNullable<JudgeByLabelsInput['mixing']>): Views {
  const views = composeViews([[randomResizedCrop({ size: imageSize, scale: [0.35, 1], flip: 0.5 }), normalize(normalization)]]);
  return (mixing.mixup ?? 0) + (mixing.cutmix ?? 0) === 0 ? views : withMixing(views, { classes, ...mixing });
}

/** `1 %`. */
export function percent(share: number): string {
  return `${String(Number((100 * share).toFixed(3)))} %`;
}

function figures({ accuracy, macroAccuracy }: ClassificationReport): { accuracy: number; macroAccuracy: number } {
  return { accuracy, macroAccuracy };
}

async function embedded(run: BuiltRun, weights: RunWeights, images: ImageSet, groups: Int32Array | undefined): Promise<LabelledFeatures> {
  const features: EmbeddedImages = await embedImages(run, weights, images);
  return { ...features, labels: images.labels!, ...(groups === undefined ? {} : { groups }) };
}

/** The images that have a class. */
function labelledImages(images: ImageSet): ImageSet & { readonly labels: Int32Array } {
  const { labels } = images;
  const rows = Int32Array.from(images.indices.keys()).filter((row) => (labels?.[row] ?? -1) >= 0);
  if (labels === undefined || rows.length === 0) {
    throw new SslError('These protocols need classes, and none of the images has one. Sort images into one folder for each class, or use --protocol knn to see spread and rank.', { from: '@ssl/cli' });
  }
  const labelled = takeImages(images, rows);
  return { ...labelled, labels: labelled.labels! };
}

function classCountOf(...sets: readonly ImageSet[]): number {
  return sets.reduce((most, { labels }) => labels!.reduce((highest, label) => Math.max(highest, label + 1), most), 0);
}
