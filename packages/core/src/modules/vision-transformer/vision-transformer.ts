import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../../errors.js';
import { gatherTokens } from '../../ops/gather-tokens.js';
import { childSeed } from '../../random/hash.js';
import type { TensorTree } from '../../tensor-tree/tensor-tree.js';
import { initChildren } from '../init-children.js';
import { constantTensor } from '../initialise.js';
import { layerNormalization } from '../layer-normalization.js';
import type { Backbone, Module, Variables } from '../module.js';
import type { Scope } from '../scope.js';
import { patchEmbedding, patchGrid } from './patch-embedding.js';
import { resizePositions } from './resize-positions.js';
import { sineCosinePositions } from './sine-cosine-positions.js';
import { packTokens, unpackTokens, type PackedTokens } from './token-groups.js';
import { dropRate } from './drop-rate.js';
import { transformerBlock } from './transformer-block.js';
import { smallNormal } from './transformer-weights.js';
import {
  visionTransformerDefaults,
  type ResolvedVisionTransformer,
  type VisionTransformerOptions,
} from './vision-transformer-options.js';

/** Images of one size, and what is wanted of them. */
export interface TokenInput {
  readonly images: Tensor4D;
  /** 1 where `mask_token` takes a patch's place, 0 elsewhere, `[batch, patches]`; before positions are added. */
  readonly mask?: Tensor2D;
  /** Indices of the patches that the blocks see, int32 `[batch, visible]`; the others are left out, as MAE does. */
  readonly visible?: Tensor2D;
  /** Blocks (from 0) whose output tokens are wanted. */
  readonly blocks?: readonly number[];
  /** Blocks (from 0) whose attention weights are wanted. */
  readonly attention?: readonly number[];
}

export interface TokenOutput {
  /** Class token after the last norm, `[batch, width]`; absent without a class token. */
  readonly cls?: Tensor2D;
  /** Register tokens after the last norm, `[batch, registers, width]`; absent without registers. */
  readonly registers?: Tensor3D;
  /** Patch tokens after the last norm, `[batch, patches, width]`, row by row; the visible ones in `visible`'s order. */
  readonly patches: Tensor3D;
  /** All tokens after each wanted block, before the last norm, `[batch, tokens, width]`, in the order asked for. */
  readonly blocks: readonly Tensor3D[];
  /** Attention of each wanted block, `[batch, heads, tokens, tokens]`, in the order asked for. */
  readonly attention: readonly Tensor4D[];
}

export interface VisionTransformer extends Backbone {
  /** Tokens before the patches: class and registers. */
  readonly prefixTokens: number;
  readonly options: ResolvedVisionTransformer;
  /**
   * Everything inside: for several batches of images, each of its own size, in one packed pass (multi-crop). Run it with
   * `apply(vit.encoder, variables, [{ images }], mode)`.
   */
  readonly encoder: Module<readonly TokenInput[], TokenOutput[]>;
  /** The last norm on tokens of any block. */
  normalise(scope: Scope, tokens: Tensor3D): Tensor3D;
}

/**
 * A Vision Transformer (Dosovitskiy et al. 2021) with timm's parameter names, without a classifier.
 *
 * @throws SslError where the options do not fit together.
 * @example
 * visionTransformer({ width: 192, heads: 3, patchSize: 8, imageSize: 64 });
 */
export function visionTransformer(options: VisionTransformerOptions = {}): VisionTransformer {
  const resolved: ResolvedVisionTransformer = { ...visionTransformerDefaults, ...options };
  checkOptions(resolved);
  const { width, depth, patchSize, classToken, registers, positions, epsilon, normAfterPool } = resolved;
  const prefixTokens = Number(classToken) + registers;
  const embeddedPrefix = resolved.prefixPositions ? prefixTokens : 0;
  const side = resolved.imageSize / patchSize;
  const embedding = patchEmbedding(resolved);
  const blocks = Array.from({ length: depth }, (_, i) => transformerBlock(resolved, dropRate(resolved, i)));
  const norm = layerNormalization(width, { epsilon });
  const normName = normAfterPool ? 'fc_norm' : 'norm';
  const absolute = positions === 'learned' || positions === 'sincos' || positions === 'sincosRows';

  function init(seed: number): Variables {
    const numbered = Object.fromEntries(blocks.map((block, i) => [String(i), block]));
    const children = initChildren(seed, {
      patch_embed: embedding,
      blocks: { init: (blockSeed) => initChildren(blockSeed, numbered) },
      [normName]: norm,
    });
    const normal = (name: string, shape: [number, number, number], deviation?: number): Tensor3D =>
      smallNormal<tf.Rank.R3>(childSeed(seed, name), shape, deviation);
    const params: Record<string, TensorTree> = { ...children.params };
    const buffers: Record<string, TensorTree> = { ...children.buffers };
    // The class token starts small except in MAE.
    if (classToken) params.cls_token = normal('cls_token', [1, 1, width], resolved.initialisation === 'mae' ? 0.02 : 1e-6);
    if (registers > 0) params.reg_token = normal('reg_token', [1, registers, width], 1e-6);
    if (resolved.maskToken) params.mask_token = constantTensor([1, 1, width], 0);
    if (positions === 'learned') params.pos_embed = normal('pos_embed', [1, embeddedPrefix + side * side, width]);
    else if (absolute) {
      const values = sineCosinePositions(side, width, positions === 'sincos' ? 'column' : 'row', embeddedPrefix);
      buffers.pos_embed = tf.tensor3d(values, [1, embeddedPrefix + side * side, width]);
    }
    return { params, buffers };
  }

  /** Patches with positions, after the tokens before them. */
  function embed(scope: Scope, { images, mask, visible }: TokenInput): Tensor3D {
    return tf.tidy(() => {
      const [batch] = images.shape;
      let patches = embedding.forward(scope.child('patch_embed'), images);
      if (mask !== undefined) patches = maskPatches(patches, mask, scope.param<Tensor3D>('mask_token'));
      const prefix = [
        ...(classToken ? [scope.param<Tensor3D>('cls_token')] : []),
        ...(registers > 0 ? [scope.param<Tensor3D>('reg_token')] : []),
      ];
      let before = prefix.length === 0 ? undefined : tf.concat(prefix, 1);
      if (absolute) {
        const all = positions === 'learned' ? scope.param<Tensor3D>('pos_embed') : scope.buffer<Tensor3D>('pos_embed');
        const own = tf.slice3d(all, [0, embeddedPrefix, 0], [1, side * side, width]);
        const grid = patchGrid(images, patchSize);
        patches = tf.add(patches, resizePositions(own, side, grid, resolved.interpolation));
        if (before !== undefined && embeddedPrefix > 0) {
          before = tf.add(before, tf.slice3d(all, [0, 0, 0], [1, embeddedPrefix, width]));
        }
      }
      if (visible !== undefined) patches = gatherTokens(patches, visible);
      return before === undefined ? patches : tf.concat([tf.tile(before, [batch, 1, 1]), patches], 1);
    });
  }

  function encode(scope: Scope, inputs: readonly TokenInput[]): TokenOutput[] {
    let tokens: PackedTokens = packTokens(inputs.map((input) => embed(scope, input)));
    const kept = inputs.map(() => new Map<number, Tensor3D>());
    const maps = inputs.map(() => new Map<number, Tensor4D>());
    blocks.forEach((block, depthIndex) => {
      const blockScope = scope.child('blocks').child(String(depthIndex));
      if (inputs.some(({ attention }) => attention?.includes(depthIndex))) {
        block.attention(blockScope, tokens).forEach((map, i) => maps[i]!.set(depthIndex, map));
      }
      tokens = block.forward(blockScope, tokens);
      if (inputs.some((input) => input.blocks?.includes(depthIndex))) {
        unpackTokens(tokens).forEach((output, i) => kept[i]!.set(depthIndex, output));
      }
    });
    const values = normAfterPool ? tokens.values : (norm.forward(scope.child('norm'), tokens.values) as Tensor2D);
    return unpackTokens({ values, groups: tokens.groups }).map((output, i) => ({
      ...splitTokens(output),
      blocks: wanted(inputs[i]!.blocks, kept[i]!, depth),
      attention: wanted(inputs[i]!.attention, maps[i]!, depth),
    }));
  }

  function splitTokens(tokens: Tensor3D): Pick<TokenOutput, 'cls' | 'registers' | 'patches'> {
    const [batch, length] = tokens.shape;
    const slice = (begin: number, size: number): Tensor3D => tf.slice3d(tokens, [0, begin, 0], [batch, size, width]);
    return {
      ...(classToken ? { cls: tf.reshape<tf.Rank.R2>(slice(0, 1), [batch, width]) } : {}),
      ...(registers > 0 ? { registers: slice(prefixTokens - registers, registers) } : {}),
      patches: slice(prefixTokens, length - prefixTokens),
    };
  }

  return {
    name: resolved.name,
    featureDimension: width,
    prefixTokens,
    options: resolved,
    init,
    encoder: { init, forward: encode },
    normalise: (scope, tokens) => norm.forward(scope.child(normName), tokens) as Tensor3D,
    featureMap(scope, images) {
      const [output] = encode(scope, [{ images }]);
      const [rows, columns] = patchGrid(images, patchSize);
      return tf.reshape<tf.Rank.R4>(output!.patches, [images.shape[0], rows, columns, width]);
    },
    forward(scope, images) {
      const [output] = encode(scope, [{ images }]);
      const pooled = resolved.pool === 'class' ? output!.cls! : tf.mean<Tensor2D>(output!.patches, 1);
      return normAfterPool ? (norm.forward(scope.child('fc_norm'), pooled) as Tensor2D) : pooled;
    },
  };
}

/** patches (1 - mask) + mask_token mask */
function maskPatches(patches: Tensor3D, mask: Tensor2D, token: Tensor3D): Tensor3D {
  const [batch, length] = patches.shape;
  if (mask.shape[0] !== batch || mask.shape[1] !== length) {
    throw new SslError(
      `a mask needs the shape [batch, patches] = [${batch}, ${length}], got [${mask.shape.join(', ')}]. Make it for this image size.`,
      { from: '@ssl/core' },
    );
  }
  const masked = tf.expandDims<Tensor3D>(mask, 2);
  return tf.add(tf.mul(patches, tf.sub(1, masked)), tf.mul(token, masked));
}

function wanted<T>(indices: readonly number[] = [], found: ReadonlyMap<number, T>, depth: number): T[] {
  return indices.map((index) => {
    const value = found.get(index);
    if (value !== undefined) return value;
    throw new SslError(`blocks are numbered from 0 to ${depth - 1}, got ${index}. Ask for one of them.`, {
      from: '@ssl/core',
    });
  });
}

function checkOptions(options: ResolvedVisionTransformer): void {
  const { imageSize, patchSize, pool, classToken, positions, registers, width } = options;
  const problem =
    imageSize % patchSize !== 0
      ? `an image size that is a multiple of the patch size, got ${imageSize} and ${patchSize}`
      : pool === 'class' && !classToken
        ? "a class token for pool: 'class'"
        : positions === 'relative' && (registers > 0 || !classToken)
          ? 'a class token and no registers with relative positions'
          : positions.startsWith('sincos') && width % 4 !== 0
            ? `a width that is a multiple of 4 with sine-cosine positions, got ${width}`
            : options.feedForward === 'swiglu' && Math.trunc(width * options.mlpRatio) % 2 !== 0
              ? `an even number of hidden features with swiglu, got ${Math.trunc(width * options.mlpRatio)}`
              : undefined;
  if (problem === undefined) return;
  throw new SslError(`visionTransformer needs ${problem}. Change these options.`, { from: '@ssl/core' });
}
