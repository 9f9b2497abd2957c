import type { FoundNetwork } from '../names/find-network.js';
import type { WeightSource } from '../names/weight-source.js';

/** Whose names these are. DINO's bare backbones look like timm's: for them the user says `dino`. */
export function guessSource({ prefix, layout }: FoundNetwork, names: readonly string[]): WeightSource {
  const has = (part: string): boolean => names.some((name) => name.startsWith(prefix) && name.includes(part));
  const inside = prefix.split('.');
  if (layout.startsWith('transformers')) return 'transformers';
  if (layout === 'sequential-resnet') return 'lightly';
  if (inside.some((part) => ['encoder_q', 'encoder_k', 'base_encoder', 'momentum_encoder'].includes(part))) return 'moco';
  const wrapped = inside.at(-2) === 'vit' && names.includes(`${prefix.replace(/vit\.$/, '')}mask_token`);
  if (wrapped || has('.shortcut.')) return 'lightly';
  if (layout === 'torchvision-vit') return 'torchvision';
  const taught = inside.includes('teacher') || inside.includes('student') || prefix.endsWith('module.backbone.');
  if (layout === 'resnet') return taught ? 'dino' : 'torchvision';
  if (has('decoder_embed.')) return 'mae';
  if (has('.ls1.gamma') && (taught || names.includes(`${prefix}mask_token`))) return 'dinov2';
  return taught ? 'dino' : 'timm';
}
