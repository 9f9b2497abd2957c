import { backboneBranch, backboneFeatures, cosine, defineMethod, disposeTree, ema, groupBySize, layerDecay, requirePositive, requireVisionTransformer, splitViews, SslError } from '@ssl/core';
import type { Backbone, FrozenNetwork, MethodState, Schedule, TensorRecord, TokenOutput, Variables } from '@ssl/core';
import { gatherTokens, sinkhorn } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { centredTargets, dinoLoss, dinoLossDefaults } from './dino-loss.js';
import { ibotPatchLoss } from './ibot-patch-loss.js';
import { distillationTeacher } from './distillation-teacher.js';
import { koleoLoss } from './koleo-loss.js';
import { meanEntropy } from './mean-entropy.js';
import { globalCrops } from './global-crops.js';
import { selfDistillationNetwork, type SelfDistillationMethod, type SelfDistillationNetwork } from './self-distillation-network.js';

/** Options of {@link ibot} and {@link dinoV2}. */
export interface IbotOptions {
  /** A Vision Transformer with `maskToken: true`; with a `teacher` it needs no mask token. */
  readonly backbone: Backbone;
  /**
   * A frozen, larger network of a run of DINOv2 or iBOT, with its heads, in place of the moving average: distillation. Nothing is
   * hidden, patches are compared in the whole of both global crops, and the moving average of the student is only kept, and evaluated.
   */
  readonly teacher?: FrozenNetwork;
  readonly name?: string;
  /** Width of the heads' hidden layers. */
  readonly hidden?: number;
  /** Layers of a head before the last one. */
  readonly layers?: number;
  readonly bottleneck?: number;
  /** Deviation of the heads' first weights, with biases of 0; 0 for PyTorch's default, uniform in ±1/√inputs. */
  readonly headDeviation?: number;
  /** True: the last layers' rows keep length 1. False: their lengths are learned, as DINOv2's code does. */
  readonly normLastLayer?: boolean;
  /** Outputs of the last layer, the clusters. */
  readonly outputs?: number;
  /** Outputs for patches where they have a head of their own. */
  readonly patchOutputs?: number;
  /** One head for class token and patches (iBOT), or two (DINOv2). */
  readonly heads?: 'shared' | 'separate';
  /** All crops of an image, the two global ones first. */
  readonly crops?: number;
  /** Temperature of the student; above 0. */
  readonly temperature?: number;
  /** Temperatures of the teacher for class token and patches. The papers: .04 to .07 in the first 30 epochs. */
  readonly teacherTemperature?: Schedule;
  readonly patchTeacherTemperature?: Schedule;
  /** Momentum of the moving average. */
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

/** Defaults of {@link ibot}: its code's, with 10 small crops. */
export const ibotDefaults = {
  name: 'ibot',
  hidden: 2048,
  layers: 3,
  bottleneck: 256,
  headDeviation: 0.02,
  normLastLayer: true,
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

/** DINOv2's: separate heads, Sinkhorn, KoLeo, layer-wise rates, learned lengths of the last layers' rows. */
export const dinoV2Defaults = {
  ...ibotDefaults,
  name: 'dinov2',
  outputs: 65_536,
  patchOutputs: 65_536,
  heads: 'separate',
  normLastLayer: false,
  crops: 10,
  momentum: cosine(0.992, 1),
  centring: 'sinkhorn',
  koleoWeight: 0.1,
  layerDecay: 0.9,
  patchEmbedRate: 0.2,
} as const;

type Aux = {
  readonly buffers: TensorRecord;
  /** The moving average of the student, or the frozen network that it learns from. */
  readonly teacher: TensorRecord;
  /** Of the frozen network. */
  readonly teacherBuffers?: TensorRecord;
  /** The moving average of a student that learns from a frozen network. */
  readonly average?: TensorRecord;
  /** Running means of the teacher's logits, with centring by the mean. */
  readonly centres: Readonly<Record<'cls' | 'patches', Tensor1D>> | Record<string, never>;
};
/** Bottleneck vectors, `[batch, bottleneck]` for each crop, `[batch, 2, positions, bottleneck]` for patches; a frozen teacher's are its own. */
type Outputs = {
  readonly student: readonly Tensor2D[];
  readonly teacher: readonly Tensor2D[];
  readonly studentPatches: Tensor4D;
  readonly teacherPatches: Tensor4D;
  /** 1 for a patch that counts, 0 for a position that only fills the rectangle, `[batch, 2, positions]`. */
  readonly hidden: Tensor3D;
  /** Class tokens of the global crops, `[batch, width]`. */
  readonly features: readonly Tensor2D[];
};
/** Means over images: of the logits, of the sum over hidden patches of the logits, and of their number. */
type Carry = Readonly<Record<string, tf.Tensor>>;

/**
 * iBOT: DINO whose student also says, of patches hidden from it, what the teacher, who sees them, says of them.
 *
 * Views: two global crops and smaller ones, with the extra `masks` of `imageMasks`, `[batch, 2, patches]`. Teacher and centres move
 * once per optimizer step. Evaluated: the teacher's backbone.
 *
 * The centre of the patches is that of hidden ones, as in DINOv2's and lightly's code; iBOT's own code takes all patches.
 *
 * @returns A method with `crops` views and the extra `masks`; coupling `none` with centring by the mean, else `batch`.
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token, or a temperature that is not above 0.
 * @example
 * const method = ibot({ backbone: vitSmall({ maskToken: true, stochasticDepth: 0.1 }), maskedPatches: 98 });
 * const views = withMasks(dinoViews({ size: 224, localCount: 10 }), imageMasks({ grid: [14, 14] }));
 *
 * @see Zhou et al., iBOT: Image BERT Pre-Training with Online Tokenizer, section 3.
 */
export function ibot(options: IbotOptions): SelfDistillationMethod<Aux, Outputs, Carry> {
  return selfDistillation({ ...ibotDefaults, ...options });
}

/**
 * DINOv2: iBOT with a head for the class token and one for patches, Sinkhorn-Knopp in place of centring, and KoLeo.
 *
 * Views as for {@link ibot}, from `dinoV2Views`. With a `teacher` it distils that into a smaller student: views without masks, no
 * stochastic depth, losses, KoLeo and schedules as before; what is evaluated is the moving average of the student.
 *
 * @returns A method with `crops` views, and without a teacher the extra `masks`; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token, a temperature that is not above 0, or a teacher
 * that does not fit: of another method, with other clusters, patches of another size, or other channels.
 * @example
 * const backbone = vitSmall({ maskToken: true, layerScale: 1e-5, stochasticDepth: 0.3 });
 * const method = dinoV2({ backbone, outputs: 4096, patchOutputs: 4096, maskedPatches: 98 });
 *
 * @see Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, section 4; section 5 for distillation.
 */
export function dinoV2(options: IbotOptions): SelfDistillationMethod<Aux, Outputs, Carry> {
  return selfDistillation({ ...dinoV2Defaults, ...options });
}

type Settings = Required<Omit<IbotOptions, 'maskedPatches' | 'teacher'>> & Pick<IbotOptions, 'maskedPatches' | 'teacher'>;

function selfDistillation(settings: Settings): SelfDistillationMethod<Aux, Outputs, Carry> {
  const { name, crops, temperature, centreMomentum, koleoWeight, maskedPatches } = settings;
  const backbone = requireVisionTransformer(settings.backbone, name);
  requirePositive(temperature, 'a temperature', name, '@ssl/distill');
  const masked = settings.teacher === undefined;
  if ((masked && !backbone.options.maskToken) || !backbone.options.classToken) {
    throw new SslError(`${name} needs a backbone with mask token and class token. Make it with maskToken: true.`, { from: '@ssl/distill' });
  }
  const { depth } = backbone.options;
  const withMeans = settings.centring === 'mean';
  const network = selfDistillationNetwork(backbone, settings);
  const { outputs: clusters, patchOutputs: patchClusters } = network;
  const frozen = settings.teacher === undefined ? undefined : distillationTeacher(settings.teacher, network, name);
  const teacherNetwork = frozen?.network ?? network;

  const teacherOf = (aux: Aux): Variables =>
    frozen === undefined ? { params: aux.teacher, buffers: aux.buffers } : frozen.variables({ params: aux.teacher, buffers: aux.teacherBuffers ?? {} });
  /** The network that is evaluated: the moving average. */
  const trained = ({ aux }: Pick<MethodState, 'aux'>): Variables => ({ params: (masked ? aux.teacher : aux.average) as TensorRecord, buffers: (aux.buffers ?? {}) as TensorRecord });

  /** Bottleneck vectors of patches, `[batch, 2, positions, bottleneck]`, from tokens `[2 batch, patches, width]`, first crops first. */
  const projectPatches = (from: SelfDistillationNetwork, params: TensorRecord, tokens: Tensor3D, places: Tensor2D | undefined): Tensor4D => {
    const chosen = places === undefined ? tokens : gatherTokens(tokens, places);
    const [rows, positions, features] = chosen.shape;
    const vectors = from.project(params, 'patch', tf.reshape<tf.Rank.R2>(chosen, [rows * positions, features]));
    return byImage(tf.reshape(vectors, [rows, positions, from.bottleneck])) as Tensor4D;
  };

  const method = defineMethod<Aux, Outputs, Carry>({
    name,
    batch: { views: crops, ...(masked ? { extras: ['masks'] } : {}) },
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
    monitor: ({ student }) => student[0]!,
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
      const { params, buffers } = network.init(seed);
      const average = network.init(seed); // the same seed: the average starts as a copy
      disposeTree(average.buffers);
      const centres = withMeans ? { cls: tf.zeros<tf.Rank.R1>([clusters]), patches: tf.zeros<tf.Rank.R1>([patchClusters]) } : {};
      if (frozen === undefined) return { params, aux: { buffers, teacher: average.params, centres } };
      const { params: teacher, buffers: teacherBuffers } = frozen.stored();
      return { params, aux: { buffers, teacher, teacherBuffers, average: average.params, centres } };
    },

    forward({ params, aux, views, extras, training, key }) {
      const masks = extras.masks as Tensor3D | undefined; // [B, 2, N]
      const images = tf.concat(views.slice(0, globalCrops));
      const batch = images.shape[0] / globalCrops;
      const mask = masks === undefined ? undefined : tf.reshape<tf.Rank.R2>(tf.transpose(masks, [1, 0, 2]), [globalCrops * batch, masks.shape[2]]);
      const locals = groupBySize(views.slice(globalCrops)).map((group) => ({ images: tf.concat(group) }));
      const student = network.encode({ params, buffers: aux.buffers }, [{ images, ...(mask && { mask }) }, ...locals], { training, key });
      const teacher = teacherOf(aux);
      const [said] = teacherNetwork.encode(teacher, [{ images }], { training: false, key }); // no stochastic depth
      const patches = student[0]!.patches.shape[1];
      const places = mask === undefined || maskedPatches === undefined || maskedPatches >= patches ? undefined : tf.topk(mask, maskedPatches);
      const chosen = places?.indices as Tensor2D | undefined;
      const crop = (tokens: readonly TokenOutput[], from: SelfDistillationNetwork, own: TensorRecord): Tensor2D[] =>
        tokens.flatMap(({ cls }) => splitViews(from.project(own, 'class', cls!), cls!.shape[0] / batch));
      return {
        outputs: {
          student: crop(student, network, params),
          teacher: crop([said!], teacherNetwork, teacher.params),
          studentPatches: projectPatches(network, params, student[0]!.patches, chosen),
          teacherPatches: projectPatches(teacherNetwork, teacher.params, said!.patches, chosen),
          hidden: byImage(places?.values ?? mask ?? tf.ones([globalCrops * batch, patches])) as Tensor3D,
          features: tf.split(student[0]!.cls!, globalCrops),
        },
      };
    },

    objective({ params, aux, outputs, schedules }) {
      const { hidden, studentPatches } = outputs;
      const teacher = teacherOf(aux).params;
      const crop = (crops: readonly Tensor2D[], from: SelfDistillationNetwork, own: TensorRecord): Tensor2D[] =>
        crops.map((vectors) => from.logits(own, 'class', vectors));
      const patch = (vectors: Tensor4D, from: SelfDistillationNetwork, own: TensorRecord): Tensor2D =>
        from.logits(own, 'patch', tf.reshape(vectors, [vectors.size / from.bottleneck, from.bottleneck]));

      const said = tf.concat(crop(outputs.teacher, teacherNetwork, teacher)); // [2B, K]
      const targets = targetsOf(said, aux.centres.cls, schedules.teacherTemperature!);
      const classLoss = dinoLoss({ student: crop(outputs.student, network, params), targets: tf.split(targets, globalCrops), temperature });

      const saidOfPatches = patch(outputs.teacherPatches, teacherNetwork, teacher); // [2BP, K]
      const weights = tf.reshape<tf.Rank.R1>(hidden, [hidden.size]);
      const patchTargets = targetsOf(saidOfPatches, aux.centres.patches, schedules.patchTeacherTemperature!, weights);
      const [batch, views, positions] = hidden.shape;
      const rows = [batch * views, positions] as const;
      const patchLoss = ibotPatchLoss({
        student: tf.reshape(patch(studentPatches, network, params), [...rows, patchClusters]),
        targets: tf.reshape(patchTargets, [...rows, patchClusters]),
        mask: tf.reshape(hidden, [...rows]),
        temperature,
      });

      const koleo = koleoWeight === 0 ? undefined : tf.add<Scalar>(koleoLoss(outputs.features[0]!), koleoLoss(outputs.features[1]!));
      const both = tf.add(tf.mul(classLoss, settings.classWeight), tf.mul(patchLoss, settings.patchWeight));
      return {
        loss: koleo === undefined ? (both as Scalar) : tf.add<Scalar>(both, tf.mul(koleo, koleoWeight)),
        metrics: { classLoss, patchLoss, teacherEntropy: meanEntropy(targets), ...(koleo && { koleo }) },
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
      const average = ema(aux.average ?? aux.teacher, params, schedules.momentum!);
      const networks = masked ? { teacher: average } : { average };
      if (!withMeans) return { ...aux, ...networks };
      const move = (old: Tensor1D, now: tf.Tensor): Tensor1D => tf.add(tf.mul(old, centreMomentum), tf.mul(now, 1 - centreMomentum));
      const { cls, patches } = aux.centres as Record<'cls' | 'patches', Tensor1D>;
      const seen = tf.greater(carry.count!, 0); // without hidden patches the centre stays
      const mean = tf.div(carry.patches!, tf.maximum(carry.count!, 1e-6));
      return { ...aux, ...networks, centres: { cls: move(cls, carry.cls!), patches: tf.where(seen, move(patches, mean), patches) } };
    },

    embed: ({ aux, images }) => backboneFeatures(backbone, branched(trained({ aux })), images),
    trainedBackbone: ({ aux }) => backboneBranch(backbone, branched(trained({ aux }))),
  });
  return Object.freeze({ ...method, selfDistillation: { network, trained } });

  function targetsOf(logits: Tensor2D, centre: Tensor1D | undefined, sharpness: Scalar, weights?: Tensor1D): Tensor2D {
    if (centre !== undefined) return centredTargets(logits, centre, sharpness);
    return sinkhorn(tf.div(logits, sharpness), { epsilon: 1, iterations: 3, ...(weights && { weights }) });
  }
}

/** The backbone's buffers, which stand alone in `aux`, beside its branch of the parameters. */
function branched({ params, buffers }: Variables): Variables {
  return { params, buffers: { backbone: buffers } };
}

/** `[2 batch, …]`, first crops first, as `[batch, 2, …]`. */
function byImage(tensor: tf.Tensor): tf.Tensor {
  return tf.stack(tf.split(tensor, globalCrops), 1);
}
