import type { Backbone, MethodPlugin } from '@ssl/core';
import type { Device } from '@ssl/backend';
import { z } from 'zod';

/** Devices by name; written out here, since loading the backend for a help text takes a second. */
export const deviceNames = ['auto', 'cuda', 'cpu', 'webgpu', 'wasm', 'js'] as const satisfies readonly Device[];

const wholeNumber = (least: number): z.ZodNumber => z.number().int().min(least);

const methodPlugin = z.custom<MethodPlugin<never>>(
  (value) => typeof value === 'object' && value !== null && 'specVersion' in value && value.specVersion === 'ssl-plugin/1',
);
const backbone = z.custom<Backbone>((value) => typeof value === 'object' && value !== null && 'featureDimension' in value);

/**
 * Everything that `ssl.config.ts` and the flags can set. Nothing is required but `data`: what is left out is chosen from
 * the data and the machine, and the choice is printed with its reason.
 */
export const configSchema = z.strictObject({
  method: z.union([z.string().min(1), methodPlugin]).optional().describe("a method's name (simclr), a package, package#name, or a file that exports methods"),
  methodOptions: z.record(z.string(), z.unknown()).optional().describe('options of the method; `ssl methods` lists them'),
  data: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe('a folder of images (nested or flat), or emoji, fashion-mnist, mnist, or a folder with IDX or CIFAR files; several are mixed'),
  dataWeights: z.array(z.number().positive()).min(1).optional().describe('share of the images that comes from each of several data; left out: by their sizes'),
  teacher: z.string().min(1).optional().describe('a run whose network is learned from and stays as it is: its folder or a checkpoint'),
  tokenizer: z.string().min(1).optional().describe('a run that learned to turn patches into tokens (dvae, vq-kd): its folder or a checkpoint'),
  labels: z.boolean().optional().describe('take first-level folders as classes in the evaluation, whatever their names; left out: two or more folders that are classes by their names (not train, val, part_000, dates)'),
  split: z.enum(['train', 'test']).optional().describe('part of sets that have two (mnist, fashion-mnist, CIFAR); left out: train'),
  background: z.enum(['white', 'black', 'random']).optional().describe('what lies behind drawings (emoji) and transparent pictures, white if left out; random: a colour for each, so that no network can rely on it'),
  range: z.array(z.number()).length(2).optional().describe('stored values that are black and white, for images whose files do not say: 0,4095'),
  augmentation: z
    .union([z.string().min(1), z.array(z.strictObject({ epochs: wholeNumber(1), policy: z.array(wholeNumber(0).max(10)).length(60) })).min(1)])
    .optional()
    .describe("a PBA schedule in place of the method's views: cifar10, svhn, or the schedule.json of an ssl search"),
  network: z.union([z.enum(['small-conv', 'resnet18', 'resnet34', 'resnet50', 'vit-tiny', 'vit-small', 'vit-base']), backbone]).optional().describe('the network to train'),
  init: z.string().min(1).optional().describe('weights to start from: a .pth or .safetensors file of timm, torchvision, DINO, DINOv2, MAE, MoCo, lightly or transformers, or a run'),
  width: z.number().positive().max(16).optional().describe('factor on the channels of the network'),
  stem: z.enum(['imagenet', 'cifar']).optional().describe("first layers of a resnet: imagenet halves the size twice, cifar keeps it"),
  recompute: z.boolean().optional().describe('keep few activations for the gradient and compute the others again: much less memory, about a third slower; resnets and ViTs'),
  imageSize: wholeNumber(8).max(4096).optional().describe('side of the squares that the network sees, in pixels'),
  channels: wholeNumber(1).max(1024).optional().describe('3 for colour, 1 for grey, the number of bands for multispectral images'),
  batchSize: wholeNumber(2).optional().describe('images of one step'),
  accumulate: wholeNumber(1).optional().describe('micro-batches of one step, to train large batches in little memory'),
  epochs: wholeNumber(1).optional().describe('passes over the data'),
  seed: wholeNumber(0).optional().describe('every random draw comes from it'),
  smallData: z.boolean().optional().describe("use the method's options for small data; left out: below 100,000 images"),
  optimizer: z
    .strictObject({
      name: z.enum(['sgd', 'adamw', 'lars']).optional().describe("replaces the recipe's optimizer"),
      learningRate: z.number().positive().optional().describe('highest learning rate; the shape of the schedule stays'),
      weightDecay: z.number().min(0).optional().describe('weight decay'),
      clipNorm: z.number().positive().optional().describe('highest norm of the gradient'),
    })
    .optional(),
  device: z.enum(deviceNames).optional().describe('what computes'),
  precision: z.enum(['float32', 'bfloat16']).optional().describe('number format of matrix products and convolutions'),
  compiler: z.enum(['auto', 'graph', 'xla']).optional().describe('xla: XLA for all elementwise parts, slower in every network measured, and 15 to 45 s later; auto is graph'),
  threads: wholeNumber(1).max(1024).optional().describe('processor threads'),
  workers: wholeNumber(1).max(256).optional().describe('threads that decode images'),
  output: z.string().min(1).optional().describe('folder of the runs'),
  name: z
    .string()
    .regex(/^[\w.-]+$/)
    .optional()
    .describe('name of the run, its folder inside `output`; left out: method, data and time'),
  checkpoint: z
    .strictObject({
      everyEpochs: wholeNumber(1).optional().describe('save after so many epochs'),
      everySteps: wholeNumber(1).optional().describe('save after so many steps'),
      keep: wholeNumber(1).optional().describe('newest checkpoints that stay'),
    })
    .optional(),
  monitorEvery: wholeNumber(0).optional().describe('steps between two looks at the embedding spread; 0 for never'),
  tensorboard: z.boolean().optional().describe('write a TensorBoard log'),
  evaluate: z.boolean().optional().describe('evaluate with nearest neighbours when training ends and there are labels'),
});

/** What a user writes into `ssl.config.ts`. */
export type SslConfig = z.input<typeof configSchema>;
