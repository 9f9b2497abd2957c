import { applyNormalize } from '@ssl/augment';
import {
  apply,
  backboneBranch,
  backboneFeatures,
  childSeed,
  constant,
  defineMethod,
  frozenBackbone,
  linear,
  normalTensor,
  requireVisionTransformer,
  visionTransformer,
} from '@ssl/core';
import type { Backbone, FrozenNetwork, Module, Schedule, TensorRecord, VisionTransformer } from '@ssl/core';
import { l2Normalize, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { codebookCollapse, codebookUse } from './codebook-use.js';
import type { TokenizerMethod } from './tokenizer.js';
import { commitmentLoss, moveCodebook, nearestCodes, straightThrough } from './vector-quantizer.js';

/** Encoder, teacher and codebook of VQ-KD. */
export interface VqKdOptions {
  /** The encoder, a Vision Transformer with absolute positions. */
  readonly backbone: Backbone;
  /** The network whose patch features the decoder has to say. */
  readonly teacher: FrozenNetwork;
  /** How many codes there are. */
  readonly vocabulary?: number;
  /** Length of a code. */
  readonly codeDimension?: number;
  /** Blocks of the decoder, which is as wide as the encoder. */
  readonly decoderDepth?: number;
  /** Momentum of the codes. */
  readonly momentum?: Schedule;
  /** Weight of the term that draws the encoder to its codes. */
  readonly commitment?: number;
  /** The first codes: unit vectors at random, or vectors of the first batch, which all lie where the encoder puts them. */
  readonly firstCodes?: 'random' | 'batch';
}

/** The settings of BEiT v2. */
export const vqKdDefaults = {
  vocabulary: 8192,
  codeDimension: 32,
  decoderDepth: 3,
  momentum: constant(0.99),
  commitment: 1,
  firstCodes: 'batch',
} as const;

type Aux = { readonly buffers: TensorRecord; readonly codebook: Tensor2D; readonly teacher: { readonly params: TensorRecord; readonly buffers: TensorRecord } };
type Outputs = {
  /** Unit vectors of the encoder, `[batch, patches, codeDimension]`. */
  readonly vectors: Tensor3D;
  /** int32 `[batch, patches]`. */
  readonly tokens: Tensor2D;
  readonly codes: Tensor3D;
  /** What the decoder says of the teacher's features, and they themselves, `[batch, patches, teacher's width]`. */
  readonly said: Tensor3D;
  readonly wanted: Tensor3D;
};
/** VQ-KD as a method, and as the tokenizer that it becomes. */
export type VqKdMethod = TokenizerMethod<Aux, Outputs, Record<string, never>>;

/**
 * VQ-KD, the tokenizer of BEiT v2: an encoder's patches are replaced by the nearest of a few codes, from which a decoder has to say
 * what a teacher says of the same patches.
 *
 *     L = mean over patches of (1 - cos(decoder(code), teacher)) + commitment mean (z - sg(code))^2
 *
 * z and codes are unit vectors; codes are moving means, see {@link moveCodebook}; the gradient passes a code straight through. The
 * teacher sees the student's view, resized to the size that it was trained with; its map of features is resized to the student's grid.
 * Metrics: cosine, perplexity and share of the codes in use. Evaluated: the encoder.
 *
 * @returns A method with coupling `none`, and its `tokenizer`.
 * @throws SslError for a backbone that is no Vision Transformer, or a teacher whose method does not say which backbone it trains.
 * @example
 * const backbone = visionTransformer({ imageSize: 32, patchSize: 8, width: 32, depth: 2, heads: 2 });
 * const taught = mae({ backbone, decoderWidth: 32, decoderDepth: 1, decoderHeads: 2 }); // of a run, in truth
 * const teacher = frozenNetwork({ method: taught, state: taught.init(0), imageSize: 32, channels: 3 });
 * vqKd({ backbone, teacher, vocabulary: 256 }).tokenizer.vocabulary; // 256
 *
 * @see Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, section 2.2, equations 1 and 2.
 */
export function vqKd(options: VqKdOptions): VqKdMethod {
  const { vocabulary, codeDimension, decoderDepth, momentum, commitment, firstCodes, ...given } = { ...vqKdDefaults, ...options };
  const backbone = requireVisionTransformer(given.backbone, 'vq-kd');
  const { width, heads, imageSize, patchSize } = backbone.options;
  const side = imageSize / patchSize;
  const teacher = frozenBackbone(given.teacher);
  const teacherSize = given.teacher.imageSize;
  const decoder = visionTransformer({ imageSize: side, patchSize: 1, channels: codeDimension, width, heads, depth: decoderDepth });
  const encodeTask = taskLayer(width, codeDimension);
  const decodeTask = taskLayer(width, teacher.backbone.featureDimension);
  type Mode = Parameters<typeof apply>[3];
  const plain = <Input, Output>(module: Module<Input, Output>, params: unknown, input: Input, mode: Mode): Output =>
    apply(module, { params: params as TensorRecord, buffers: {} }, input, mode).output;

  /** Unit vectors of the patches, `[batch * patches, codeDimension]`. */
  function encode(params: TensorRecord, buffers: TensorRecord, images: Tensor4D, mode: Mode): Tensor2D {
    const variables = { params: params.backbone as TensorRecord, buffers: (buffers.backbone ?? {}) as TensorRecord };
    const patches = apply(patchesOf(backbone), variables, images, mode).output;
    const rows = patches.shape[0] * patches.shape[1];
    return l2Normalize(plain(encodeTask, params.encode_task, tf.reshape(patches, [rows, width]), mode) as Tensor2D);
  }

  function teacherFeatures({ params, buffers }: Aux['teacher'], images: Tensor4D): Tensor3D {
    const resized = teacherSize === images.shape[1] ? images : tf.image.resizeBilinear(images, [teacherSize, teacherSize], false, true);
    const map: Module<Tensor4D, Tensor4D> = { init: (seed) => teacher.backbone.init(seed), forward: (scope, x) => teacher.backbone.featureMap(scope, x) };
    const { output } = apply(map, { params, buffers }, resized, { training: false });
    const fitted = output.shape[1] === side && output.shape[2] === side ? output : tf.image.resizeBilinear(output, [side, side], false, true);
    return stopGradient(tf.reshape<tf.Rank.R3>(fitted, [images.shape[0], side * side, fitted.shape[3]]));
  }

  const method = defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'vq-kd',
    batch: { views: 1 },
    coupling: 'none',
    schedules: { momentum },
    groups: [],
    // Watched by its codes.
    monitor: false,
    collapse: [codebookCollapse("take the first codes from the batch (firstCodes 'batch'), lower the learning rate, use fewer or shorter codes")],

    init(seed) {
      const encoder = backbone.init(childSeed(seed, 'backbone'));
      const random = normalTensor<tf.Rank.R2>(childSeed(seed, 'codebook'), [vocabulary, codeDimension], 1);
      const codebook = l2Normalize(random);
      random.dispose();
      return {
        params: {
          backbone: encoder.params,
          encode_task: encodeTask.init(childSeed(seed, 'encode_task')).params,
          decoder: decoder.init(childSeed(seed, 'decoder')).params,
          decode_task: decodeTask.init(childSeed(seed, 'decode_task')).params,
        },
        aux: { buffers: { backbone: encoder.buffers }, codebook, teacher: teacher.variables() },
      };
    },

    forward({ params, aux, views, training, key }) {
      const images = views[0]!;
      const [batch] = images.shape;
      const mode = { training, key };
      const vectors = encode(params, aux.buffers, images, mode);
      const tokens = nearestCodes(stopGradient(vectors), aux.codebook);
      const codes = tf.gather<Tensor2D>(aux.codebook, tokens);
      const grid = tf.reshape<tf.Rank.R4>(straightThrough(vectors, codes), [batch, side, side, codeDimension]);
      const decoded = plain(patchesOf(decoder), params.decoder, grid, mode);
      const said = plain(decodeTask, params.decode_task, tf.reshape(decoded, [batch * side * side, width]), mode);
      const shape: [number, number, number] = [batch, side * side, codeDimension];
      return {
        outputs: {
          vectors: tf.reshape(vectors, shape),
          tokens: tf.reshape(tokens, [batch, side * side]),
          codes: tf.reshape(codes, shape),
          said: tf.reshape(said, [batch, side * side, said.shape[1]!]),
          wanted: teacherFeatures(aux.teacher, images),
        },
      };
    },

    objective({ outputs: { vectors, tokens, codes, said, wanted } }) {
      const cosine = cosineAgreement(said, wanted);
      const flat = (x: Tensor3D): Tensor2D => tf.reshape(x, [-1, codeDimension]);
      const committed = commitmentLoss(flat(vectors), flat(codes));
      return {
        loss: tf.add<Scalar>(tf.sub(1, cosine), tf.mul(committed, commitment)),
        metrics: { cosine, commitment: committed, ...codebookUse(tokens, vocabulary) },
        carry: {},
      };
    },

    updateAux({ aux, outputs, schedules, step }) {
      const vectors = tf.reshape<tf.Rank.R2>(outputs.vectors, [-1, codeDimension]);
      const tokens = tf.reshape<tf.Rank.R1>(outputs.tokens, [-1]);
      const moved = moveCodebook({ codebook: aux.codebook, vectors, tokens, momentum: schedules.momentum! });
      const codebook = firstCodes === 'random' ? moved : tf.where<Tensor2D>(tf.equal(step, 0), evenlyChosen(vectors, vocabulary), moved);
      return { ...aux, codebook };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });

  return Object.freeze({
    ...method,
    tokenizer: {
      vocabulary,
      stride: patchSize,
      variables: ({ params, aux }) => ({
        backbone: params.backbone!,
        encode_task: params.encode_task!,
        buffers: aux.buffers!,
        codebook: aux.codebook!,
      }),
      tokens: (variables, images) =>
        tf.tidy(() => {
          const normalised = tf.transpose(applyNormalize(tf.transpose(images, [0, 3, 1, 2])), [0, 2, 3, 1]);
          const vectors = encode(variables, variables.buffers as TensorRecord, normalised as Tensor4D, { training: false });
          const patches = (images.shape[1] / patchSize) * (images.shape[2] / patchSize);
          return tf.reshape<tf.Rank.R2>(nearestCodes(vectors, variables.codebook as Tensor2D), [images.shape[0], patches]);
        }),
    },
  } satisfies VqKdMethod);
}

/**
 * Mean cosine between rows of the last axis.
 *
 * @returns A scalar from -1 to 1.
 * @throws Error of the engine where the shapes differ.
 * @example
 * cosineAgreement(tf.tensor3d([[[1, 0]]]), tf.tensor3d([[[2, 0]]])); // 1
 *
 * @see Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, equation 2.
 */
export function cosineAgreement(said: Tensor3D, wanted: Tensor3D): Scalar {
  return tf.tidy(() => tf.mean<Scalar>(tf.sum(tf.mul(l2Normalize(said), l2Normalize(wanted)), 2)));
}

/** Linear, tanh, linear. */
function taskLayer(inputs: number, outputs: number): Module {
  const small = (rows: number, columns: number) => ({ weight: (seed: number): Tensor2D => normalTensor<tf.Rank.R2>(seed, [rows, columns], 0.02) });
  const [first, second] = [linear(inputs, inputs, small(inputs, inputs)), linear(inputs, outputs, small(outputs, inputs))];
  return {
    init: (seed) => ({ params: { '0': first.init(childSeed(seed, '0')).params, '2': second.init(childSeed(seed, '2')).params }, buffers: {} }),
    forward: (scope, x) => second.forward(scope.child('2'), tf.tanh(first.forward(scope.child('0'), x))),
  };
}

/** A Vision Transformer's patch tokens. */
function patchesOf(network: VisionTransformer): Module<Tensor4D, Tensor3D> {
  return { init: (seed) => network.init(seed), forward: (scope, images) => network.encoder.forward(scope, [{ images }])[0]!.patches };
}

/** So many rows, evenly spread over all; some twice where there are too few. */
function evenlyChosen(vectors: Tensor2D, count: number): Tensor2D {
  const rows = vectors.shape[0];
  const places: Tensor1D = tf.tensor1d(
    Array.from({ length: count }, (_, i) => Math.floor((i * rows) / count)),
    'int32',
  );
  return tf.gather(vectors, places);
}
