import {
  apply,
  backboneBranch,
  backboneFeatures,
  childSeed,
  cloneTree,
  defineMethod,
  disposeTree,
  linear,
  mapToTree,
  normalTensor,
  requireVisionTransformer,
  SslError,
  treeToMap,
} from '@ssl/core';
import type { Backbone, FrozenNetwork, Module, SslMethod, TensorRecord, TokenInput, VisionTransformer } from '@ssl/core';
import { gatherTokens } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beitPictures, type PredictTokens } from './beit-pictures.js';
import { codebookCollapse, codebookUse } from './codebook-use.js';
import { maskedTokenLoss } from './masked-token-loss.js';
import { requireTokenizer } from './tokenizer.js';

/** Network and tokenizer of BEiT. */
export interface BeitOptions {
  /** A Vision Transformer with `maskToken: true`; the paper's has {@link beitOptions} of `@ssl/core`. */
  readonly backbone: Backbone;
  /** A trained {@link dvae} or {@link vqKd}, which names the tokens of each batch. Left out: they come with the views, see `vocabulary`. */
  readonly tokenizer?: FrozenNetwork;
  /** How many different tokens there are, where they come with the views as the extra `tokens` ({@link withCachedTokens}). */
  readonly vocabulary?: number;
  /** Hidden patches of each image: the head runs on so many positions. All patches if left out. */
  readonly maskedPatches?: number;
}

type Aux = { readonly buffers: TensorRecord; readonly tokenizer: TensorRecord };
type Outputs = {
  readonly logits: Tensor3D;
  /** Tokens of the same positions, int32 `[batch, positions]`. */
  readonly tokens: Tensor2D;
  readonly mask: Tensor2D;
};

/**
 * BEiT: the encoder sees a mask token in the place of hidden patches and says which token a frozen tokenizer gives them.
 *
 * One view, with the extras `mask` (of `blockMasks`) and `tokenizerImages` (of {@link beitViews}), or `tokens` in their place. The
 * tokenizer's weights are a part of `aux`, so a checkpoint is complete. Evaluated: the encoder on whole images.
 *
 * The relative position biases are each block's own, as in the paper's fine-tuning; its pre-training shares one table.
 *
 * @returns A method with coupling `none` and the metric `accuracy`, the share of hidden patches whose token is named.
 * @throws SslError for a backbone that is no Vision Transformer or has no mask token, or without a tokenizer.
 * @example
 * const backbone = vitBase({ ...beitOptions, maskToken: true, stochasticDepth: 0.1 });
 * const method = beit({ backbone, vocabulary: 8192, maskedPatches: 75 }); // or tokenizer, a frozen network, in place of vocabulary
 * const views = withMasks(beitViews({ size: 224, tokenizerSize: 112 }), blockMasks({ grid: [14, 14], count: 75 }));
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers, section 2.
 */
export function beit(options: BeitOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const backbone = requireVisionTransformer(options.backbone, 'beit');
  const { width, maskToken } = backbone.options;
  const frozen = options.tokenizer;
  const tokenizer = frozen && requireTokenizer(frozen.method);
  const vocabulary = tokenizer?.vocabulary ?? options.vocabulary;
  if (!maskToken) {
    throw new SslError('beit puts a mask token in the place of hidden patches, and the backbone has none. Make it with maskToken: true.', { from: '@ssl/mim' });
  }
  if (vocabulary === undefined) {
    throw new SslError('beit needs a tokenizer, or tokens with the views and their vocabulary; got neither. Train one: ssl train --method dvae, then --tokenizer RUN.', {
      from: '@ssl/mim',
    });
  }
  const patchTokens = normalisedPatches(backbone);
  const head = linear(width, vocabulary, { weight: (seed) => normalTensor<tf.Rank.R2>(seed, [vocabulary, width], 0.02) });

  function patchesOf({ params, aux }: { params: TensorRecord; aux: Aux }, images: Tensor4D, mask: Tensor2D, mode: Parameters<typeof apply>[3]): Tensor3D {
    const variables = { params: params.backbone as TensorRecord, buffers: aux.buffers.backbone as TensorRecord };
    return apply(patchTokens, variables, { images, mask }, mode).output;
  }

  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'beit',
    batch: { views: 1, extras: ['mask', tokenizer === undefined ? 'tokens' : 'tokenizerImages'] },
    coupling: 'none',
    schedules: {},
    groups: [],
    // Nothing asks for features that differ between images; what collapses here are tokens and the answers.
    monitor: false,
    collapse: [
      codebookCollapse('train the tokenizer again: its own run should have warned of it'),
      {
        name: 'guessing',
        metric: 'loss',
        value: Math.log(vocabulary),
        tolerance: 0.01,
        diagnosis: 'every token is held equally likely, ln(vocabulary) is the loss of guessing',
        remedy: 'raise the learning rate, train longer',
      },
    ],

    init(seed) {
      const { params, buffers } = backbone.init(seed);
      const state = frozen?.weights();
      const kept = state === undefined ? {} : cloneTree(tokenizer!.variables(state));
      if (state !== undefined) disposeTree([state.params, state.aux]);
      return {
        params: { backbone: shrinkBranches(params), lm_head: head.init(childSeed(seed, 'lm_head')).params },
        aux: { buffers: { backbone: buffers }, tokenizer: kept },
      };
    },

    forward({ params, aux, views, extras, training, key }) {
      const images = views[0]!;
      const mask = extras.mask as Tensor2D;
      const [batch, patches] = mask.shape;
      const output = patchesOf({ params, aux }, images, mask, { training, key });
      const tokens = tokenizer === undefined ? (extras.tokens as Tensor2D) : tokenizer.tokens(aux.tokenizer, extras.tokenizerImages as Tensor4D);
      const all = tf.range(0, patches, 1, 'int32');
      const places =
        options.maskedPatches === undefined || options.maskedPatches >= patches
          ? (tf.tile(tf.expandDims(all, 0), [batch, 1]) as Tensor2D)
          : (tf.topk(mask, options.maskedPatches).indices as Tensor2D);
      const chosen = gatherTokens(output, places);
      const { output: logits } = apply(head, { params: params.lm_head as TensorRecord, buffers: {} }, chosen, { training });
      const pick = (values: Tensor2D): Tensor2D =>
        tf.squeeze(gatherTokens(tf.expandDims<Tensor3D>(tf.cast(values, 'float32'), 2), places), [2]);
      return {
        outputs: {
          logits: logits as Tensor3D,
          tokens: tf.cast(pick(tokens), 'int32'),
          mask: pick(mask),
        },
      };
    },

    objective({ outputs: { logits, tokens, mask } }) {
      const { loss, accuracy } = maskedTokenLoss({ logits, tokens, mask });
      return { loss, metrics: { accuracy, ...codebookUse(tokens, vocabulary) }, carry: {} };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
    ...(frozen === undefined
      ? {}
      : {
          pictures: ({ params, aux, ...input }) => {
            const predict: PredictTokens = (images, mask) =>
              apply(head, { params: params.lm_head as TensorRecord, buffers: {} }, patchesOf({ params, aux }, images, mask, { training: false }), { training: false }).output as Tensor3D;
            return beitPictures(frozen, predict, { ...input, variables: aux.tokenizer });
          },
        }),
  });
}

/** Patch tokens after the last norm, also where that stands behind the pooling. */
function normalisedPatches(backbone: VisionTransformer): Module<TokenInput, Tensor3D> {
  return {
    init: (seed) => backbone.init(seed),
    forward(scope, input) {
      const { patches } = backbone.encoder.forward(scope, [input])[0]!;
      return backbone.options.normAfterPool ? backbone.normalise(scope, patches) : patches;
    },
  };
}

/** The last matrix of each branch starts the smaller, the deeper it lies: divided by sqrt(2 l), blocks numbered from 1. */
function shrinkBranches(params: TensorRecord): TensorRecord {
  const shrunk = Object.entries(treeToMap(params)).map(([path, tensor]): [string, Tensor] => {
    const block = /^blocks\.(\d+)\.(attn\.proj|mlp\.fc2)\.weight$/.exec(path);
    if (block === null) return [path, tensor];
    const smaller = tf.div(tensor, Math.sqrt(2 * (Number(block[1]) + 1)));
    tensor.dispose();
    return [path, smaller];
  });
  return mapToTree(Object.fromEntries(shrunk));
}
