/** How a Vision Transformer is built. */
export interface VisionTransformerOptions {
  /** Shown in logs and checkpoints. */
  readonly name?: string;
  /** Height and width for which the position embeddings are made; other sizes interpolate them. */
  readonly imageSize?: number;
  readonly patchSize?: number;
  /** Channels of the images. */
  readonly channels?: number;
  /** Features of a token. */
  readonly width?: number;
  /** Number of blocks. */
  readonly depth?: number;
  readonly heads?: number;
  /** Features inside the feed-forward part divided by `width`; with 'swiglu' value and gate together. */
  readonly mlpRatio?: number;
  readonly feedForward?: 'mlp' | 'swiglu';
  /** Bias of queries, keys and values; 'queryValue' has none for the keys, as BEiT. */
  readonly qkvBias?: boolean | 'queryValue';
  /** Layer norm over each head's queries and keys. */
  readonly qkNorm?: boolean;
  /** First value of the learned factors on each branch (Touvron et al. 2021); left out: no layer scale. */
  readonly layerScale?: number;
  /** Probability with which the last block's branches are left out; the first block's is 0, linear between. */
  readonly stochasticDepth?: number;
  /** 'uniform': every block's branches are left out with that probability, as DINOv2 trains. */
  readonly stochasticDepthRule?: 'linear' | 'uniform';
  readonly classToken?: boolean;
  /** Register tokens between class token and patches (Darcet et al. 2023). */
  readonly registers?: number;
  /**
   * 'learned': trained `pos_embed`. 'sincos': fixed, as MAE; 'sincosRows': fixed, in MoCo v3's order.
   * 'relative': a learned bias for each block's attention, as BEiT. 'none'.
   */
  readonly positions?: 'learned' | 'sincos' | 'sincosRows' | 'relative' | 'none';
  /** Do class and register tokens have position embeddings? timm's `no_embed_class` is the opposite. */
  readonly prefixPositions?: boolean;
  /**
   * How `pos_embed` is resized. 'dino': bicubic with the factor (size + 0.1) / base, as DINO and DINOv2 without registers;
   * 'antialiased': as timm and DINOv2 with registers.
   */
  readonly interpolation?: 'dino' | 'antialiased';
  /** What `forward` gives: the class token or the mean of the patches. */
  readonly pool?: 'class' | 'mean';
  /** The last norm stands after pooling (`fc_norm`), as MAE and BEiT fine-tune; else before (`norm`). */
  readonly normAfterPool?: boolean;
  /** A learned `mask_token` that takes the place of masked patches. */
  readonly maskToken?: boolean;
  /** Of the layer norms. */
  readonly epsilon?: number;
  /** Names of the blocks' tensors: BEiT calls the layer scales `gamma_1` and `gamma_2`. */
  readonly naming?: 'timm' | 'beit';
  /**
   * First weights. 'timm': truncated normal of deviation 0.02 (DINO, iBOT, DINOv2 and BEiT too); 'mae': Xavier uniform;
   * 'mocoV3': Xavier uniform with queries, keys and values as three matrices.
   */
  readonly initialisation?: 'timm' | 'mae' | 'mocoV3';
  /** Activation checkpointing: keep only the tokens between the blocks for the gradient, and compute each block again. */
  readonly checkpoint?: boolean;
}

export const visionTransformerDefaults = {
  name: 'vit',
  imageSize: 224,
  patchSize: 16,
  channels: 3,
  width: 768,
  depth: 12,
  heads: 12,
  mlpRatio: 4,
  feedForward: 'mlp',
  qkvBias: true,
  qkNorm: false,
  stochasticDepth: 0,
  stochasticDepthRule: 'linear',
  classToken: true,
  registers: 0,
  positions: 'learned',
  prefixPositions: true,
  interpolation: 'antialiased',
  pool: 'class',
  normAfterPool: false,
  maskToken: false,
  epsilon: 1e-6,
  naming: 'timm',
  initialisation: 'timm',
  checkpoint: false,
} as const satisfies VisionTransformerOptions;

/** Options with every default filled in; layer scale stays optional. */
export type ResolvedVisionTransformer = Required<Omit<VisionTransformerOptions, 'layerScale'>> &
  Pick<VisionTransformerOptions, 'layerScale'>;
