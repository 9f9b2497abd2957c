import { applyToViews, backboneBranch, backboneFeatures, childSeed, cosine, defineMethod, ema, groupBySize, requirePositive, sequential, splitViews } from '@ssl/core';
import type { Backbone, Schedule, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { dinoHead, initLastLayer, lastLayer, type LastLayer } from './dino-head.js';
import { centredTargets, dinoLoss, dinoLossDefaults } from './dino-loss.js';
import { meanEntropy } from './mean-entropy.js';
import { globalCrops } from './global-crops.js';
import { withStochasticDepth } from './with-stochastic-depth.js';

/** Options of {@link dino}. */
export interface DinoOptions {
  readonly backbone: Backbone;
  /** Width of the head's hidden layers. */
  readonly hidden?: number;
  /** Layers of the head before the last one. */
  readonly layers?: number;
  readonly bottleneck?: number;
  /** Outputs of the last layer, the clusters. */
  readonly outputs?: number;
  /** Batch norm in the head, for convolutional networks. */
  readonly batchNorm?: boolean;
  /** Deviation of the head's first weights, with biases of 0; 0 for PyTorch's default, uniform in ±1/√inputs. */
  readonly headDeviation?: number;
  /** True: the last layer's rows keep length 1. False: their lengths are learned, as the paper's code does for ViT-S. */
  readonly normLastLayer?: boolean;
  /** All crops of an image, the two global ones first. */
  readonly crops?: number;
  /** Temperature of the student; above 0. */
  readonly temperature?: number;
  /** Temperature of the teacher. The paper: .04 to .07 in the first 30 epochs. */
  readonly teacherTemperature?: Schedule;
  /** Momentum of the teacher. The paper: cosine from .996 to 1. */
  readonly momentum?: Schedule;
  /** Momentum of the centre. */
  readonly centreMomentum?: number;
  /** Optimizer steps in which the last layer stays as it started; one epoch in the paper. */
  readonly frozenLastLayer?: number;
}

/** Defaults of {@link dino}: its code's. */
export const dinoDefaults = {
  hidden: 2048,
  layers: 3,
  bottleneck: 256,
  outputs: 65_536,
  batchNorm: false,
  headDeviation: 0.02,
  normLastLayer: true,
  crops: 10,
  temperature: dinoLossDefaults.temperature,
  teacherTemperature: () => 0.04,
  momentum: cosine(0.996, 1),
  centreMomentum: 0.9,
  frozenLastLayer: 0,
} as const;

type Aux = {
  readonly buffers: TensorRecord;
  readonly teacher: TensorRecord;
  readonly teacherBuffers: TensorRecord;
  /** Running mean of the teacher's logits, `[outputs]`. */
  readonly centre: Tensor1D;
};
/** Bottleneck vectors `[batch, bottleneck]`: of the student for each crop, of the teacher for the global ones. */
type Outputs = { readonly student: readonly Tensor2D[]; readonly teacher: readonly Tensor2D[] };
type Carry = { readonly centre: Tensor1D };

/**
 * DINO: a student predicts, from small and large crops, what its own slowly moving average says of the large ones.
 *
 * Teacher and centre move once per optimizer step. A Vision Transformer's stochastic depth is the student's alone. Evaluated: the teacher's backbone.
 *
 * @returns A method with `crops` views, each size as one batch; coupling `none`: the mean of micro-batches is exact but for batch norm.
 * @throws SslError for sizes below 1 or a temperature that is not above 0.
 * @example
 * const method = dino({ backbone: vitSmall({ imageSize: 224 }), crops: 10, teacherTemperature: linearRamp(0.04, 0.07, 3000) });
 * const views = dinoViews({ size: 224, localCount: 8 });
 *
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, algorithm 1.
 */
export function dino(options: DinoOptions): SslMethod<Aux, Outputs, Carry> {
  const settings = { ...dinoDefaults, ...options };
  const { backbone, outputs: clusters, crops, temperature, centreMomentum } = settings;
  requirePositive(temperature, 'a temperature', 'dino', '@ssl/distill');
  const head = dinoHead(backbone.featureDimension, settings);
  const network = sequential<Tensor4D, Tensor2D>({ backbone, head });
  const teacherNetwork = sequential<Tensor4D, Tensor2D>({ backbone: withStochasticDepth(backbone, 0), head });
  return defineMethod<Aux, Outputs, Carry>({
    name: 'dino',
    batch: { views: crops },
    coupling: 'none',
    positivePair: ({ student, teacher }) => [student[0]!, teacher[1]!],
    schedules: { momentum: settings.momentum, teacherTemperature: settings.teacherTemperature },
    groups: [{ match: (path) => path.startsWith('last_layer.'), frozenUntil: settings.frozenLastLayer }],
    collapse: [
      {
        name: 'uniform-teacher',
        metric: 'loss',
        value: Math.log(clusters),
        tolerance: 0.01,
        diagnosis: 'student and teacher are uniform, ln(outputs) is the loss of guessing',
        remedy: 'lower the teacher temperature or the centre momentum, use fewer outputs, raise the learning rate',
      },
      {
        name: 'one-output-teacher',
        metric: 'outputUse',
        value: 1,
        tolerance: 1,
        diagnosis: 'the teacher names the same one or two outputs for every image',
        remedy: 'raise the teacher temperature, keep the centring',
      },
    ],

    init(seed) {
      const student = network.init(seed);
      const teacher = network.init(seed); // the same seed: the teacher starts as a copy
      const final = () => initLastLayer(childSeed(seed, 'last_layer'), settings);
      return {
        params: { ...student.params, last_layer: final() },
        aux: {
          buffers: student.buffers,
          teacher: { ...teacher.params, last_layer: final() },
          teacherBuffers: teacher.buffers,
          centre: tf.zeros([clusters]),
        },
      };
    },

    forward({ params, aux, views, training, key }) {
      const groups = groupBySize(views);
      const joined = groups.map((group) => tf.concat(group));
      const student = applyToViews(network, { params, buffers: aux.buffers }, joined, { training, key });
      const teacher = applyToViews(teacherNetwork, { params: aux.teacher, buffers: aux.teacherBuffers }, [tf.concat(views.slice(0, globalCrops))], {
        training,
        key,
      });
      return {
        outputs: {
          student: student.outputs.flatMap((output, i) => splitViews(output, groups[i]!.length)),
          teacher: tf.split(teacher.outputs[0]!, globalCrops),
        },
        aux: { buffers: student.buffers, teacherBuffers: teacher.buffers },
      };
    },

    objective({ params, aux, outputs: { student, teacher }, schedules }) {
      const [last, teacherLast] = [params.last_layer as LastLayer, aux.teacher.last_layer as LastLayer];
      const teacherLogits = teacher.map((vectors) => lastLayer(vectors, teacherLast));
      const targets = teacherLogits.map((logits) => centredTargets(logits, aux.centre, schedules.teacherTemperature!));
      const studentLogits = student.map((vectors) => lastLayer(vectors, last));
      const all = tf.concat(targets);
      return {
        loss: dinoLoss({ student: studentLogits, targets, temperature }),
        // A sure teacher is healthy (entropy near 0) as long as it is sure of different outputs (use well above 1).
        metrics: { teacherEntropy: meanEntropy(all), outputUse: tf.exp(meanEntropy(tf.mean(all, 0, true) as Tensor2D)), centreNorm: tf.norm(aux.centre) as Scalar },
        carry: { centre: tf.mean(tf.concat(teacherLogits), 0) },
      };
    },

    updateAux: ({ params, aux, carry, schedules }) => ({
      ...aux,
      teacher: ema(aux.teacher, params, schedules.momentum!),
      centre: tf.add(tf.mul(aux.centre, centreMomentum), tf.mul(carry.centre, 1 - centreMomentum)),
    }),

    embed: ({ aux, images }) => backboneFeatures(backbone, { params: aux.teacher, buffers: aux.teacherBuffers }, images),
    trainedBackbone: ({ aux }) => backboneBranch(backbone, { params: aux.teacher, buffers: aux.teacherBuffers }),
  });
}
