/** Where weights come from: whose names their tensors have, and whose habits fill what the tensors do not say. */
export const weightSources = ['torchvision', 'timm', 'dino', 'dinov2', 'mae', 'moco', 'lightly', 'transformers', 'ssl'] as const;

export type WeightSource = (typeof weightSources)[number];

/** Ways in which networks are laid out in files. */
export type Layout = 'timm-vit' | 'torchvision-vit' | 'transformers-vit' | 'resnet' | 'sequential-resnet' | 'transformers-resnet';

/** Layouts that each source has. */
export const layoutsOf: Readonly<Record<WeightSource, readonly Layout[]>> = {
  torchvision: ['resnet', 'torchvision-vit'],
  timm: ['timm-vit', 'resnet'],
  dino: ['timm-vit', 'resnet'],
  dinov2: ['timm-vit'],
  mae: ['timm-vit'],
  moco: ['timm-vit', 'resnet'],
  lightly: ['timm-vit', 'torchvision-vit', 'resnet', 'sequential-resnet'],
  transformers: ['transformers-vit', 'transformers-resnet'],
  ssl: ['timm-vit', 'resnet'],
};
