import { isVisionTransformer, type Backbone } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';
import { formatCount } from '../progress/format.js';
import { UsageError } from '../usage-error.js';
import type { DataFacts } from './data-facts.js';
import { manyPatches, patchSizeFor } from './patch-size.js';

/** The settings of a run, every one decided. */
export interface Settings {
  readonly network: NonNullable<SslConfig['network']>;
  readonly width: number;
  readonly stem: 'imagenet' | 'cifar';
  /** Activation checkpointing. */
  readonly recompute?: boolean;
  /** Of a Vision Transformer by name, where it is not to follow from the image size: a resumed run keeps its own. */
  readonly patchSize?: number;
  readonly imageSize: number;
  readonly channels: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly epochs: number;
  readonly seed: number;
  readonly smallData: boolean;
}

/** One setting that was not given, and why it has the value it has. */
export interface Choice {
  readonly key: keyof Settings | 'patches';
  readonly value: string;
  readonly reason: string;
}

export interface ChosenSettings {
  readonly settings: Settings;
  readonly choices: readonly Choice[];
}

/** What decides, beside configuration and data. */
export interface Circumstances {
  readonly gpu: boolean;
  /** The method takes Vision Transformers alone. */
  readonly transformer: boolean;
}

/** Views that a processor is given by default: about what two cores train in a few minutes with the small network, and with vit-tiny. */
const processorViews = 1_200_000;
const processorTransformerViews = 120_000;
const smallDataLimit = 100_000;
/** As many as the trainer takes. */
const mostSteps = 1e9;

/**
 * Decides what the configuration leaves open, from the data, the device and the method.
 *
 * @throws UsageError for images whose bands are neither grey nor colour without channels that say how many, for a batch that is larger than the data, or cannot be split as asked.
 */
export function chooseSettings(config: SslConfig, facts: DataFacts, { gpu, transformer }: Circumstances): ChosenSettings {
  const choices: Choice[] = [];
  const choose = <Value>(key: keyof Settings, given: Value | undefined, otherwise: () => readonly [Value, string]): Value => {
    if (given !== undefined) return given;
    const [value, reason] = otherwise();
    choices.push({ key, value: String(value), reason });
    return value;
  };
  const ownPatch = typeof config.network === 'object' && isVisionTransformer(config.network) ? config.network.options.patchSize : undefined;
  const imageSize = choose('imageSize', config.imageSize, () => chooseImageSize(facts, gpu, ownPatch));
  const network = choose<NonNullable<SslConfig['network']>>('network', config.network, () => (transformer ? chooseTransformer(gpu) : chooseConvolutional(gpu)));
  const patchSize = ownPatch ?? (isTransformer(network) ? patchSizeFor(imageSize) : undefined);
  if (ownPatch !== undefined && imageSize % ownPatch !== 0) {
    const fits = Math.max(1, Math.round(imageSize / ownPatch)) * ownPatch;
    throw new UsageError(`The network ${networkName(network)} has patches of ${String(ownPatch)} pixels, which do not divide --image-size ${String(imageSize)}. Use --image-size ${String(fits)}.`);
  }
  if (patchSize !== undefined) choices.push(describePatches(imageSize, patchSize));
  const stem = config.stem ?? (imageSize <= 64 ? 'cifar' : 'imagenet');
  if (isResnet(network) && config.stem === undefined) {
    choices.push({ key: 'stem', value: stem, reason: stem === 'cifar' ? 'small images keep their size in the first layers' : 'images above 64 pixels are halved twice at the start' });
  }
  const batchSize = choose('batchSize', config.batchSize, () => chooseBatchSize(facts.size));
  if (batchSize > facts.size) {
    throw new UsageError(`A batch of ${formatCount(batchSize)} images is larger than the data: there are ${formatCount(facts.size)}. Use --batch-size ${String(largestPower(facts.size))} or less, or add images.`);
  }
  const accumulate = config.accumulate ?? 1;
  if (batchSize % accumulate !== 0) {
    throw new UsageError(`--accumulate must divide the batch: ${String(batchSize)} images cannot be split into ${String(accumulate)} equal parts.`);
  }
  const epochs = choose('epochs', config.epochs, () => chooseEpochs(facts.size, gpu, isTransformer(network) ? processorTransformerViews : processorViews));
  const steps = Math.floor(facts.size / batchSize) * epochs;
  if (steps > mostSteps) throw new UsageError(`--epochs ${String(epochs)} makes ${formatCount(steps)} steps of ${formatCount(batchSize)} images; a run has at most ${formatCount(mostSteps)}. Use fewer epochs.`);
  const smallData = choose('smallData', config.smallData, () =>
    facts.size < smallDataLimit
      ? [true, `${formatCount(facts.size)} images: the method's options for small data`]
      : [false, `${formatCount(facts.size)} images: the method's own options`],
  );
  return {
    settings: {
      network,
      width: config.width ?? 1,
      stem,
      ...(config.recompute === undefined ? {} : { recompute: config.recompute }),
      imageSize,
      channels: config.channels ?? defaultChannels(facts),
      batchSize,
      accumulate,
      epochs,
      seed: config.seed ?? 0,
      smallData,
    },
    choices,
  };
}

/** The network's name, for people and files. */
export function networkName(network: NonNullable<SslConfig['network']>): string {
  return typeof network === 'string' ? network : network.name;
}

function isResnet(network: string | Backbone): boolean {
  return typeof network === 'string' && network.startsWith('resnet');
}

/** True for networks that the configuration names `vit-…`, and for Vision Transformers that it gives. */
function isTransformer(network: NonNullable<SslConfig['network']>): boolean {
  return typeof network === 'string' ? network.startsWith('vit-') : isVisionTransformer(network);
}

function chooseConvolutional(gpu: boolean): readonly [NonNullable<SslConfig['network']>, string] {
  return gpu
    ? ['resnet18', 'the smallest network with well-known results; resnet50 for more than 100,000 images']
    : ['small-conv', 'six layers: on a processor many epochs teach more than a wide network'];
}

function chooseTransformer(gpu: boolean): readonly [NonNullable<SslConfig['network']>, string] {
  return gpu
    ? ['vit-small', 'the method works on patches: the smallest Vision Transformer with well-known results']
    : ['vit-tiny', 'the method works on patches: the smallest Vision Transformer'];
}

function describePatches(imageSize: number, patchSize: number): Choice {
  const count = (imageSize / patchSize) ** 2;
  const much = count > manyPatches ? '; time and memory grow with the square of that: a smaller --image-size is many times as fast' : '';
  return { key: 'patches', value: `${String(patchSize)} x ${String(patchSize)} pixels`, reason: `${formatCount(count)} of them in each image${much}` };
}

function defaultChannels({ channels, bands = channels, coloured = false }: DataFacts): number {
  if (bands === 1 || bands === 3 || coloured) return channels === 1 ? 1 : 3;
  throw new UsageError(`The images have ${String(bands)} bands, and how many the network takes was not said. Use --channels ${String(bands)} to train on all of them, or convert the images to RGB.`);
}

function chooseImageSize({ side }: DataFacts, gpu: boolean, patchSize = 1): readonly [number, string] {
  const most = gpu ? 224 : 64;
  const steps = [32, 64, 96, 128, 160, 192, 224].map((step) => Math.max(1, Math.floor(step / patchSize)) * patchSize);
  const fitting = side === undefined ? most : (steps.findLast((step) => step <= Math.max(side, 32)) ?? patchSize);
  const size = Math.min(Math.max(1, Math.floor(most / patchSize)) * patchSize, fitting);
  const seen = side === undefined ? '' : `the images are about ${String(side)} pixels wide; `;
  return [size, size === fitting && side !== undefined ? `${seen}no need for more` : `${seen}${gpu ? 'the usual size' : 'a processor trains 64 pixels in minutes, 224 in days'}`];
}

function chooseBatchSize(size: number): readonly [number, string] {
  const batch = Math.max(2, Math.min(256, largestPower(size / 4)));
  return batch === 256 ? [256, 'each image is compared with 255 others'] : [batch, `a quarter of ${formatCount(size)} images, so that an epoch has several steps`];
}

function chooseEpochs(size: number, gpu: boolean, views: number): readonly [number, string] {
  if (gpu) return size < smallDataLimit ? [400, 'small data is seen often'] : [100, 'the shortest schedule of the papers'];
  const epochs = Math.max(1, Math.min(400, Math.round(views / 2 / size)));
  return [epochs, `about ${formatCount(epochs * size * 2)} views, some minutes on a processor; more is better`];
}

function largestPower(most: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(Math.max(1, most))));
}
