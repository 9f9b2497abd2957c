import { visionTransformer, type VisionTransformer } from './vision-transformer.js';
import type { VisionTransformerOptions } from './vision-transformer-options.js';

/** ViT-Tiny: width 192, 12 blocks, 3 heads. */
export function vitTiny(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({ name: 'vit_tiny', width: 192, depth: 12, heads: 3, ...options });
}

/** ViT-Small: width 384, 12 blocks, 6 heads. */
export function vitSmall(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({ name: 'vit_small', width: 384, depth: 12, heads: 6, ...options });
}

/** ViT-Base: width 768, 12 blocks, 12 heads. */
export function vitBase(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({ name: 'vit_base', width: 768, depth: 12, heads: 12, ...options });
}

/** ViT-Large: width 1024, 24 blocks, 16 heads. */
export function vitLarge(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({ name: 'vit_large', width: 1024, depth: 24, heads: 16, ...options });
}

/** ViT-Huge: width 1280, 32 blocks, 16 heads, patches of 14. */
export function vitHuge(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({ name: 'vit_huge', width: 1280, depth: 32, heads: 16, patchSize: 14, ...options });
}

/** DINOv2's ViT-giant: width 1536, 40 blocks, 24 heads, SwiGLU, patches of 14. */
export function vitGiant(options: VisionTransformerOptions = {}): VisionTransformer {
  return visionTransformer({
    name: 'vit_giant',
    width: 1536,
    depth: 40,
    heads: 24,
    patchSize: 14,
    feedForward: 'swiglu',
    mlpRatio: 2.66667 * 2,
    ...options,
  });
}

/** What DINOv2 adds to a ViT: `vitSmall(dinov2Options)` is timm's vit_small_patch14_dinov2. */
export const dinov2Options = {
  imageSize: 518,
  patchSize: 14,
  layerScale: 1e-5,
  interpolation: 'dino',
} as const satisfies VisionTransformerOptions;

/** DINOv2 with registers: timm's vit_*_patch14_reg4_dinov2. */
export const dinov2RegisterOptions = {
  ...dinov2Options,
  registers: 4,
  prefixPositions: false,
  interpolation: 'antialiased',
} as const satisfies VisionTransformerOptions;

/** What makes a ViT a BEiT: `vitBase(beitOptions)` is timm's beit_base_patch16_224. */
export const beitOptions = {
  positions: 'relative',
  qkvBias: 'queryValue',
  layerScale: 0.1,
  naming: 'beit',
  pool: 'mean',
  normAfterPool: true,
} as const satisfies VisionTransformerOptions;
