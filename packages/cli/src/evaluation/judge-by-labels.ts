import { composeViews, normalize, randomResizedCrop, withMixing } from '@ssl/augment';
import { isSslError, SslError, type Views } from '@ssl/core';
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
  /** Images that were learned from: of each class at least one, however small the share. */
  readonly images: number;
  /** Accuracy on the held-out images. */
  readonly accuracy: number;
  readonly macroAccuracy: number;
  /** The same from the untrained network: frozen, or (fine-tuning) trained from scratch with the same budget. */
  readonly untrained: { readonly accuracy: number; readonly macroAccuracy: number };
  /** The same from the weights that the run started from, where it did not start at random. */
  readonly imported?: { readonly accuracy: number; readonly macroAccuracy: number };
}

/** A line that could not be had. */
export interface LeftOutRow {
  /** Left out: of all protocols. */
  readonly protocol?: LabelProtocol;
  readonly labels: JudgedRow['labels'];
  readonly reason: string;
}

/** How the images were divided. */
export interface JudgedSplit {
  /** Images to learn from. */
  readonly train: number;
  readonly test: number;
  readonly classes: number;
  /** Classes that have no image among those that are tested. */
  readonly untested: number;
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
  /** Called before the first line. */
  readonly onSplit?: (split: JudgedSplit) => void;
  /** Called with each line when it is ready. */
  readonly onRow?: (row: JudgedRow) => void;
  /** Called with each line that could not be had. */
  readonly onLeftOut?: (row: LeftOutRow) => void;
}

export interface Judged extends JudgedSplit {
  readonly rows: readonly JudgedRow[];
  readonly leftOut: readonly LeftOutRow[];
}

/** Part of the images that is held out, whole groups. */
const heldShare = 0.2;
const mostShots = 5;

/**
 * Judges a run by what can be learned from labels with its network: on four fifths of the images (whole groups), tested on the rest. A line
 * that these images do not allow is left out with the reason; the others are judged all the same.
 *
 * @throws SslError where the images have fewer than two classes or none with two images, or where every line was left out.
 */
export async function judgeByLabels(input: JudgeByLabelsInput): Promise<Judged> {
  const { run, weights, start, imported, groups, protocols, onProgress } = input;
  const images = labelledImages(input.images);
  const { seed } = run.description;
  const imageGroups = groups === undefined ? undefined : images.indices.map((index) => groups[index] ?? -1);
  const { trainRows, heldRows } = splitForTest({ labels: images.labels, count: images.shape[0], ...(imageGroups === undefined ? {} : { groups: imageGroups }) }, seed);
  const [train, test] = [takeImages(images, trainRows), takeImages(images, heldRows)];
  const split = { train: train.shape[0], test: test.shape[0], classes: new Set(images.labels).size, untested: new Set(images.labels).size - new Set(test.labels).size };
  input.onSplit?.(split);
  const rows: JudgedRow[] = [];
  const leftOut: LeftOutRow[] = [];
  const leave = (row: LeftOutRow): void => {
    leftOut.push(row);
    input.onLeftOut?.(row);
  };
  const parts = partsOf(train.labels!, input.shares, seed, leave);
  const features: LabelledFeatures[] = [];
  if (protocols.some((protocol) => protocol !== 'finetune')) {
    for (const each of [weights, start, ...(imported === undefined ? [] : [imported])]) features.push(await embedded(run, each, images, imageGroups));
  }
  const bankOf = (all: LabelledFeatures, part: Int32Array): LabelledFeatures => takeRows(all, part.map((row) => trainRows[row]!));
  for (const protocol of protocols) {
    const shots = fewestOfAClass({ labels: train.labels!, count: train.shape[0], ...(imageGroups === undefined ? {} : { groups: trainRows.map((row) => imageGroups[row]!) }) });
    const lines = protocol === 'few-shot' ? [{ shots: Math.min(mostShots, shots) }] : parts.map(({ share }) => ({ share }));
    for (const labels of lines) {
      try {
        const row = await judgeLine(protocol, labels);
        rows.push(row);
        input.onRow?.(row);
      } catch (error) {
        if (!isSslError(error)) throw error;
        leave({ protocol, labels, reason: error.message.replace(/^\[@ssl\/\w+\] /, '') });
      }
    }
  }
  if (rows.length === 0) {
    throw new SslError(`Nothing could be learned from the labels of these images. ${leftOut.map(({ reason }) => reason).join(' ')}`, { from: '@ssl/cli' });
  }
  return { rows, leftOut, ...split };

  async function judgeLine(protocol: LabelProtocol, labels: JudgedRow['labels']): Promise<JudgedRow> {
    const part = 'share' in labels ? parts.find(({ share }) => share === labels.share)!.rows : undefined;
    if (protocol === 'finetune' && (input.fineTuning?.learningRates?.length ?? 1) > 1) checkChoice(partLabels(part!));
    if (protocol === 'finetune') return fineTuned(input, { train: takeImages(train, part!), test, share: (labels as { share: number }).share });
    onProgress?.(`${protocol} ...`);
    const [trained, untrained, before] = await Promise.all(features.map((all) => judgeFeatures(protocol, labels, part === undefined ? undefined : bankOf(all, part), all)));
    return { protocol, labels, images: part?.length ?? split.classes * (labels as { shots: number }).shots, ...trained!, untrained: untrained!, ...(before === undefined ? {} : { imported: before }) };
  }

  function partLabels(part: Int32Array): Pick<LabelledFeatures, 'labels' | 'groups' | 'count'> {
    return { labels: part.map((row) => train.labels![row]!), count: part.length, ...(imageGroups === undefined ? {} : { groups: part.map((row) => imageGroups[trainRows[row]!]!) }) };
  }

  async function judgeFeatures(protocol: LabelProtocol, labels: JudgedRow['labels'], bank: LabelledFeatures | undefined, all: LabelledFeatures): Promise<Figures> {
    const held = takeRows(all, heldRows);
    if ('shots' in labels || bank === undefined) {
      const { accuracy, macroAccuracy } = await fewShot(takeRows(all, trainRows), { ...labels, test: held, seed });
      return { accuracy: accuracy.mean, macroAccuracy: macroAccuracy.mean };
    }
    if (protocol === 'knn') return figures(await knn(bank, { ...knnDefaults, k: Math.min(knnDefaults.k, bank.count), queries: held, centre: bank.count > 1 }));
    checkChoice(bank);
    return figures(await { linear: linearProbe, mlp: mlpProbe }[protocol as 'linear' | 'mlp']({ train: bank, test: held }, { seed, epochs: 50, classCount: classCountOf(images) }));
  }
}

/** The images that are tested on: a fifth, or of very few one of each class. */
function splitForTest(labelled: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>, seed: number): { readonly trainRows: Int32Array; readonly heldRows: Int32Array } {
  const classes = new Set(labelled.labels).size;
  if (classes < 2) throw new SslError('These protocols need images of two classes or more, got one class. Add a folder with images of another one.', { from: '@ssl/cli' });
  if (mostOfAClass(labelled) < 2) {
    throw new SslError(
      `These protocols need images to learn from and others of the same class to be tested on; of ${String(classes)} classes none has two images${labelled.groups === undefined ? '' : ' of different groups'}. Add images.`,
      { from: '@ssl/cli' },
    );
  }
  return splitRowsByGroup(labelled, { share: heldShare, atLeastOne: true, seed });
}

/** A learning rate is chosen on images that are put aside. */
function checkChoice(labelled: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>): void {
  if (mostOfAClass(labelled) > 1) return;
  throw new SslError(`${String(labelled.count)} images, no two of one class: none can be put aside to choose the learning rate by. Use a larger share (ssl eval --label-shares).`, { from: '@ssl/cli' });
}

/** The rows of each share, but for shares that would be the same images as a larger one. */
function partsOf(labels: Int32Array, shares: readonly number[], seed: number, leave: (row: LeftOutRow) => void): { readonly share: number; readonly rows: Int32Array }[] {
  const all = shares.map((share) => ({ share, rows: shareOfLabels(labels, share, seed) }));
  return all.filter(({ share, rows }) => {
    const larger = all.findLast((other) => other.share > share && other.rows.length === rows.length); // one is a part of the other
    if (larger !== undefined) leave({ labels: { share }, reason: `would be the same ${String(rows.length)} images as ${percent(larger.share)}, at least one of each class.` });
    return larger === undefined;
  });
}

/** Groups of each class; an image in no group is one of its own. */
function groupsOfAClass({ labels, groups, count }: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>): number[] {
  const classes = new Map<number, Set<number>>();
  for (let row = 0; row < count; row++) {
    const group = groups?.[row] ?? -1;
    const known = classes.get(labels[row]!) ?? new Set();
    classes.set(labels[row]!, known.add(group < 0 ? -1 - row : group));
  }
  return [...classes.values()].map(({ size }) => size);
}

function mostOfAClass(labelled: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>): number {
  return Math.max(...groupsOfAClass(labelled));
}

function fewestOfAClass(labelled: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>): number {
  return Math.min(...groupsOfAClass(labelled));
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
  const images = train.shape[0];
  if (imported === undefined) return { protocol: 'finetune', labels: { share }, images, ...figures(tuned), untrained: figures(scratch) };
  const before = trainedBackbone(run, imported, 'Fine-tuning needs');
  const tunedBefore = await fineTune({ ...common, variables: before.variables, onProgress: progress('fine-tuned from the start') }, options);
  return { protocol: 'finetune', labels: { share }, images, ...figures(tuned), untrained: figures(scratch), imported: figures(tunedBefore) };
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

interface Figures {
  readonly accuracy: number;
  readonly macroAccuracy: number;
}

function figures({ accuracy, macroAccuracy }: ClassificationReport): Figures {
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
    throw new SslError('These protocols need classes, and none of the images has one. Sort images into one folder for each class, or leave --protocol out to see spread and rank.', { from: '@ssl/cli' });
  }
  const labelled = takeImages(images, rows);
  return { ...labelled, labels: labelled.labels! };
}

function classCountOf(...sets: readonly ImageSet[]): number {
  return sets.reduce((most, { labels }) => labels!.reduce((highest, label) => Math.max(highest, label + 1), most), 0);
}
