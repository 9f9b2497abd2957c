import { SslError } from '../errors.js';
import type { ParameterGroupRule } from './optimizer.js';

export interface LayerDecayOptions {
  /** Blocks of the transformer. */
  readonly depth: number;
  /** Factor from each layer to the one below it, above 0 to 1: .65 to MAE's fine-tuning, .9 in DINOv2; 1 for none. */
  readonly decay: number;
  /** Further factor on the patch embedding: .2 in DINOv2. */
  readonly patchEmbedding?: number;
  /** Path before the network's own names. */
  readonly prefix?: string;
}

/** Defaults of {@link layerDecay}. */
export const layerDecayDefaults = { patchEmbedding: 1, prefix: 'backbone.' } as const;

/**
 * Layer-wise learning-rate decay of a Vision Transformer: the deeper a layer lies below the head, the slower it learns.
 *
 * Block i (from 0) takes `decay^(depth - i)`, patch embedding, positions, class, register and mask tokens `decay^(depth + 1)`,
 * the last norm and everything outside of the network 1.
 *
 * @throws SslError for a decay outside of 0 to 1.
 * @example
 * layerDecay({ depth: 12, decay: 0.65, prefix: '' }); // block 11: 0.65, patch embedding: 0.65^13
 *
 * @see Clark et al., ELECTRA; Bao et al., BEiT, section 2.6; the code of DINOv2 (`get_vit_lr_decay_rate`).
 */
export function layerDecay(options: LayerDecayOptions): readonly ParameterGroupRule[] {
  const { depth, decay, patchEmbedding, prefix } = { ...layerDecayDefaults, ...options };
  if (!(decay > 0 && decay <= 1)) {
    throw new SslError(`layerDecay needs a decay above 0 and at most 1, got ${decay}. Usual values are 0.65 to 1.`, { from: '@ssl/core' });
  }
  const under = (path: string, name: string): boolean => path.startsWith(`${prefix}${name}`);
  const stem = decay ** (depth + 1);
  return [
    {
      match: (path) => ['pos_embed', 'cls_token', 'reg_token', 'mask_token'].some((name) => path === `${prefix}${name}`),
      learningRate: stem,
    },
    { match: (path) => under(path, 'patch_embed.'), learningRate: stem * patchEmbedding },
    ...Array.from({ length: depth }, (_, i): ParameterGroupRule => ({
      match: (path) => under(path, `blocks.${i}.`),
      learningRate: decay ** (depth - i),
    })),
  ];
}
