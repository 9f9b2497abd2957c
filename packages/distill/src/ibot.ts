import { apply, backboneBranch, backboneFeatures, childSeed, cosine, defineMethod, ema, groupBySize, layerDecay, linear, requireVisionTransformer, splitViews, SslError } from '@ssl/core';
import type { Backbone, Module, Schedule, SslMethod, TensorRecord, TokenOutput } from '@ssl/core';
import { gatherTokens, sinkhorn } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { dinoHead, lastLayer } from './dino-head.js';
import { centredTargets, dinoLoss, dinoLossDefaults } from './dino-loss.js';
import { ibotPatchLoss } from './ibot-patch-loss.js';
import { koleoLoss } from './koleo-loss.js';

export interface IbotOptions {
  /** A Vision Transformer with `maskToken: true`. */
  readonly backbone: Backbone;
  readonly name?: string;
  /** Width of the heads' hidden layers. */
  readonly hidden?: number;
  /** Layers of a head before the last one. */
  readonly layers?: number;
  readonly bottleneck?: number;
  /** Outputs of the last layer, the clusters. */
  readonly outputs?: number;
  /** Outputs for patches where they have a head of their own. */
  readonly patchOutputs?: number;
  /** One head for class token and patches (iBOT), or two (DINOv2). */
  readonly heads?: 'shared' | 'separate';
  /** All crops of an image, the two global ones first. */
  readonly crops?: number;
  /** Temperature of the student. */
  readonly temperature?: number;
  /** Temperatures of the teacher for class token and patches. The papers: .04 to .07 in the first 30 epochs. */
  readonly teacherTemperature?: Schedule;
  readonly patchTeacherTemperature?: Schedule;
  /** Momentum of the teacher. */
  readonly momentum?: Schedule;
  /** What keeps the teacher from one output for all: a running mean of its logits, or three rounds of Sinkhorn-Knopp. */
  readonly centring?: 'mean' | 'sinkhorn';
  /** Momentum of the running means. */
  readonly centreMomentum?: number;
  /** Weights of the two losses and of KoLeo on the class tokens of the global crops; 0 leaves KoLeo out. */
  readonly classWeight?: number;
  readonly patchWeight?: number;
  readonly koleoWeight?: number;
  /**
   * The most hidden patches that a crop can have: heads and losses run on so many positions. All patches if left out; masks with
   * more hidden patches than this lose some of them in the loss.
   */
  readonly maskedPatches?: number;
  /** Optimizer steps in which the last layers stay as they started. */
  readonly frozenLastLayer?: number;
  /** Factor on the learning rate from each block to the one below it, and further on the patch embedding. */
  readonly layerDecay?: number;
  readonly patchEmbedRate?: number;
}

export const ibotDefaults = {
  name: 'ibot',
  hidden: 2048,
  layers: 3,
  bottleneck: 256,
  outputs: 8192,
  patchOutputs: 8192,
  heads: 'shared',
  crops: 12,
  temperature: dinoLossDefaults.temperature,
  teacherTemperature: () => 0.04,
  patchTeacherTemperature: () => 0.04,
  momentum: cosine(0.996, 1),
  centring: 'mean',
  centreMomentum: 0.9,
  classWeight: 1,
  patchWeight: 1,
  koleoWeight: 0,
  frozenLastLayer: 0,
  layerDecay: 1,
  patchEmbedRate: 1,
} as const;

/** DINOv2's: separate heads, Sinkhorn, KoLeo, layer-wise rates. */
export const dinoV2Defaults = {
  ...ibotDefaults,
  name: 'dinov2',
  outputs: 65_536,
  patchOutputs: 65_536,
  heads: 'separate',
  crops: 10,
  momentum: cosine(0.992, 1),
  centring: 'sinkhorn',
  koleoWeight: 0.1,
  layerDecay: 0.9,
  patchEmbedRate: 0.2,
} as const;

type PerCrop = Readonly<Record<string, Tensor2D>>;
type Aux = {
  readonly buffers: TensorRecord;
  readonly teacher: TensorRecord;
  /** Running means of the teacher's logits, with centring by the mean. */
  readonly centres: Readonly<Record<'cls' | 'patches', Tensor1D>> | Record<string, never>;
};
/** Bottleneck vectors, `[batch, bottleneck]` for each crop, `[batch, 2, positions, bottleneck]` for patches. */
type Outputs = {
  readonly student: PerCrop;
  readonly teacher: PerCrop;
  readonly studentPatches: Tensor4D;
  readonly teacherPatches: Tensor4D;
  /** 1 for a hidden patch, 0 for a position that only fills the rectangle, `[batch, 2, positions]`. */
  readonly hidden: Tensor3D;
  /** Class tokens of the global crops, `[batch, width]`. */
  readonly features: PerCrop;
};
/** Means over images: of the logits, of the sum over hidden patches of the logits, and of their number. */
type Carry = Readonly<Record<string, tf.Tensor>>;

const globalCrops = 2;

/**
 * iBOT: DINO whose student also says, of patches hidden from it, what the teacher, who sees them, says of them.
 *
 * Views: two global crops and smaller ones, with the extra `masks` of `imageMasks`, `[batch, 2, patches]`. Teacher and centres move
 * once per optimizer step. Evaluated: the teacher's backbone.
 *
 * The centre of the patches is that of hidden ones, as in DINOv2's and lightly's code; iBOT's own code takes all patches.
 *
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token.
 * @example
 * const method = ibot({ backbone: vitSmall({ maskToken: true, stochasticDepth: 0.1 }), maskedPatches: 98 });
 * const views = withMasks(dinoViews({ size: 224, localCount: 10 }), imageMasks({ grid: [14, 14] }));
 *
 * @see Zhou et al., iBOT: Image BERT Pre-Training with Online Tokenizer, section 3.
 */
export function ibot(options: IbotOptions): SslMethod<Aux, Outputs, Carry> {
  return selfDistillation({ ...ibotDefaults, ...options });
}

/**
 * DINOv2: iBOT with a head for the class token and one for patches, Sinkhorn-Knopp in place of centring, and KoLeo.
 *
 * Views as for {@link ibot}, from `dinoV2Views`.
 *
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token.
 * @example
 * const backbone = vitSmall({ maskToken: true, layerScale: 1e-5, stochasticDepth: 0.3 });
 * const method = dinoV2({ backbone, outputs: 4096, patchOutputs: 4096, maskedPatches: 98 });
 *
 * @see Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, section 4.
 */
export function dinoV2(options: IbotOptions): SslMethod<Aux, Outputs, Carry> {
  return selfDistillation({ ...dinoV2Defaults, ...options });
}

type Settings = Required<Omit<IbotOptions, 'maskedPatches'>> & Pick<IbotOptions, 'maskedPatches'>;

function selfDistillation(settings: Settings): SslMethod<Aux, Outputs, Carry> {
  const { name, bottleneck, outputs: clusters, crops, temperature, centreMomentum, koleoWeight, maskedPatches } = settings;
  const backbone = requireVisionTransformer(settings.backbone, name);
  if (!backbone.options.maskToken || !backbone.options.classToken) {
    throw new SslError(`${name} needs a backbone with mask token and class token. Make it with maskToken: true.`, { from: '@ssl/distill' });
  }
  const { width, depth } = backbone.options;
  const separate = settings.heads === 'separate';
  const withMeans = settings.centring === 'mean';
  const head = dinoHead(width, { ...settings, batchNorm: false });
  const [patchHead, patchHeadName, patchLast] = separate ? [dinoHead(width, { ...settings, batchNorm: false }), 'patch_head', 'patch_last_layer'] : [head, 'head', 'last_layer'];
  const patchClusters = separate ? settings.patchOutputs : clusters;

  const initNetworks = (seed: number): TensorRecord => ({
    backbone: backbone.init(childSeed(seed, 'backbone')).params,
    head: head.init(childSeed(seed, 'head')).params,
    last_layer: linear(bottleneck, clusters, { bias: false }).init(childSeed(seed, 'last_layer')).params,
    ...(separate && {
      patch_head: patchHead.init(childSeed(seed, 'patch_head')).params,
      patch_last_layer: linear(bottleneck, patchClusters, { bias: false }).init(childSeed(seed, 'patch_last_layer')).params,
    }),
  });

  /** Runs a head on class tokens or patches. */
  const project = (module: Module<Tensor2D, Tensor2D>, params: unknown, tokens: Tensor2D): Tensor2D =>
    apply(module, { params: params as TensorRecord, buffers: {} }, tokens, { training: false }).output;

  /** Bottleneck vectors of patches, `[batch, 2, positions, bottleneck]`, from tokens `[2 batch, patches, width]`, first crops first. */
  const projectPatches = (params: TensorRecord, tokens: Tensor3D, places: Tensor2D | undefined): Tensor4D => {
    const chosen = places === undefined ? tokens : gatherTokens(tokens, places);
    const [rows, positions] = chosen.shape;
    const flat = tf.reshape<tf.Rank.R2>(chosen, [rows * positions, width]);
    const vectors = project(patchHead, params[patchHeadName], flat);
    return byImage(tf.reshape(vectors, [rows, positions, bottleneck])) as Tensor4D;
  };

  return defineMethod<Aux, Outputs, Carry>({
    name,
    batch: { views: crops, extras: ['masks'] },
    coupling: withMeans && koleoWeight === 0 ? 'none' : 'batch',
    schedules: {
      momentum: settings.momentum,
      teacherTemperature: settings.teacherTemperature,
      patchTeacherTemperature: settings.patchTeacherTemperature,
    },
    groups: [
      ...layerDecay({ depth, decay: settings.layerDecay, patchEmbedding: settings.patchEmbedRate }),
      { match: (path) => /^(patch_)?last_layer\./.test(path), frozenUntil: settings.frozenLastLayer },
    ],
    monitor: 'student.0',
    collapse: [
      {
        metric: 'classLoss',
        value: Math.log(clusters),
        tolerance: 0.01,
        diagnosis: 'student and teacher are uniform, ln(outputs) is the loss of guessing',
        remedy: 'lower the teacher temperature or the centre momentum, use fewer outputs, raise the learning rate',
      },
      {
        metric: 'teacherEntropy',
        value: 0,
        tolerance: 0.02,
        diagnosis: 'the teacher names one output for every image',
        remedy: 'raise the teacher temperature, keep the centring',
      },
    ],

    init(seed) {
      const { buffers } = backbone.init(childSeed(seed, 'backbone'));
      const centres = withMeans ? { cls: tf.zeros<tf.Rank.R1>([clusters]), patches: tf.zeros<tf.Rank.R1>([patchClusters]) } : {};
      // The same seed: the teacher starts as a copy.
      return { params: initNetworks(seed), aux: { buffers, teacher: initNetworks(seed), centres } };
    },

    forward({ params, aux, views, extras, training, key }) {
      const masks = extras.masks as Tensor3D; // [B, 2, N]
      const [batch, , patches] = masks.shape;
      const mask = tf.reshape<tf.Rank.R2>(tf.transpose(masks, [1, 0, 2]), [globalCrops * batch, patches]);
      const images = tf.concat(views.slice(0, globalCrops));
      const locals = groupBySize(views.slice(globalCrops)).map((group) => ({ images: tf.concat(group) }));
      const encode = (from: TensorRecord, inputs: Parameters<typeof backbone.encoder.forward>[1], mode: { training: boolean }): TokenOutput[] =>
        apply(backbone.encoder, { params: from.backbone as TensorRecord, buffers: aux.buffers }, inputs, { ...mode, key }).output;
      const student = encode(params, [{ images, mask }, ...locals], { training });
      const [teacher] = encode(aux.teacher, [{ images }], { training: false }); // no stochastic depth
      const places = maskedPatches === undefined || maskedPatches >= patches ? undefined : tf.topk(mask, maskedPatches);
      const crop = (tokens: readonly TokenOutput[], from: TensorRecord): PerCrop =>
        perCrop(tokens.flatMap(({ cls }) => splitViews(project(head, from.head, cls!), cls!.shape[0] / batch)));
      return {
        outputs: {
          student: crop(student, params),
          teacher: crop([teacher!], aux.teacher),
          studentPatches: projectPatches(params, student[0]!.patches, places?.indices as Tensor2D | undefined),
          teacherPatches: projectPatches(aux.teacher, teacher!.patches, places?.indices as Tensor2D | undefined),
          hidden: byImage(places?.values ?? mask) as Tensor3D,
          features: perCrop(tf.split(student[0]!.cls!, globalCrops)),
        },
      };
    },

    objective({ params, aux, outputs, schedules }) {
      const { hidden, studentPatches } = outputs;
      const weightOf = (from: TensorRecord, layer: string): Tensor2D => (from[layer] as { weight: Tensor2D }).weight;
      const crop = (vectors: PerCrop, from: TensorRecord): Tensor2D[] =>
        Array.from({ length: Object.keys(vectors).length }, (_, i) => lastLayer(vectors[String(i)]!, weightOf(from, 'last_layer')));
      const flat = (vectors: Tensor4D): Tensor2D => tf.reshape(vectors, [vectors.size / bottleneck, bottleneck]);

      const said = tf.concat(crop(outputs.teacher, aux.teacher)); // [2B, K]
      const targets = targetsOf(said, aux.centres.cls, schedules.teacherTemperature!);
      const classLoss = dinoLoss({ student: crop(outputs.student, params), targets: tf.split(targets, globalCrops), temperature });

      const saidOfPatches = lastLayer(flat(outputs.teacherPatches), weightOf(aux.teacher, patchLast)); // [2BP, K]
      const weights = tf.reshape<tf.Rank.R1>(hidden, [hidden.size]);
      const patchTargets = targetsOf(saidOfPatches, aux.centres.patches, schedules.patchTeacherTemperature!, weights);
      const [batch, views, positions] = hidden.shape;
      const rows = [batch * views, positions] as const;
      const patchLoss = ibotPatchLoss({
        student: tf.reshape(lastLayer(flat(studentPatches), weightOf(params, patchLast)), [...rows, patchClusters]),
        targets: tf.reshape(patchTargets, [...rows, patchClusters]),
        mask: tf.reshape(hidden, [...rows]),
        temperature,
      });

      const koleo = koleoWeight === 0 ? undefined : tf.add<Scalar>(koleoLoss(outputs.features['0']!), koleoLoss(outputs.features['1']!));
      const both = tf.add(tf.mul(classLoss, settings.classWeight), tf.mul(patchLoss, settings.patchWeight));
      return {
        loss: koleo === undefined ? (both as Scalar) : tf.add<Scalar>(both, tf.mul(koleo, koleoWeight)),
        metrics: { classLoss, patchLoss, teacherEntropy: entropy(targets), ...(koleo && { koleo }) },
        carry: withMeans
          ? {
              cls: tf.mean(said, 0),
              patches: tf.div(tf.squeeze(tf.matMul(tf.expandDims(weights, 0), saidOfPatches), [0]), batch),
              count: tf.div(tf.sum(weights), batch),
            }
          : {},
      };
    },

    updateAux({ params, aux, carry, schedules }) {
      const teacher = ema(aux.teacher, params, schedules.momentum!);
      if (!withMeans) return { ...aux, teacher };
      const move = (old: Tensor1D, now: tf.Tensor): Tensor1D => tf.add(tf.mul(old, centreMomentum), tf.mul(now, 1 - centreMomentum));
      const { cls, patches } = aux.centres as Record<'cls' | 'patches', Tensor1D>;
      const seen = tf.greater(carry.count!, 0); // without hidden patches the centre stays
      const mean = tf.div(carry.patches!, tf.maximum(carry.count!, 1e-6));
      return { ...aux, teacher, centres: { cls: move(cls, carry.cls!), patches: tf.where(seen, move(patches, mean), patches) } };
    },

    embed: ({ aux, images }) => backboneFeatures(backbone, { params: aux.teacher, buffers: { backbone: aux.buffers } }, images),
    trainedBackbone: ({ aux }) => backboneBranch(backbone, { params: aux.teacher, buffers: { backbone: aux.buffers } }),
  });

  function targetsOf(logits: Tensor2D, centre: Tensor1D | undefined, sharpness: Scalar, weights?: Tensor1D): Tensor2D {
    if (centre !== undefined) return centredTargets(logits, centre, sharpness);
    return sinkhorn(tf.div(logits, sharpness), { epsilon: 1, iterations: 3, ...(weights && { weights }) });
  }
}

/** `[2 batch, …]`, first crops first, as `[batch, 2, …]`. */
function byImage(tensor: tf.Tensor): tf.Tensor {
  return tf.stack(tf.split(tensor, globalCrops), 1);
}

function perCrop(tensors: readonly tf.Tensor[]): PerCrop {
  return Object.fromEntries(tensors.map((tensor, i) => [String(i), tensor as Tensor2D]));
}

/** Mean entropy of rows that sum to 1, from 0 (one output) to ln(outputs) (all alike). */
function entropy(probabilities: Tensor2D): Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(probabilities, tf.log(tf.maximum(probabilities, 1e-12))), 1)));
}
