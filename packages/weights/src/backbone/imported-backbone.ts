import type { Normalization, StoredTensor } from '@ssl/core';
import type { WeightSource } from '../names/weight-source.js';
import type { BackboneDescription } from './backbone-description.js';

/** A tensor of the file that the network does not take, and why. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

/** Mean and deviation of the images' channels: ImageNet's, 0.5 and 0.5, or others. */
export type ImageNormalization = 'imagenet' | 'half' | Normalization;

/** A network out of a file, complete, with what is known of it. */
export interface ImportedBackbone {
  readonly description: BackboneDescription;
  /** By timm's or torchvision's names, in PyTorch's layout. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Whose names the file has. */
  readonly from: WeightSource;
  /** Where in the file the network was: `teacher.backbone`. */
  readonly root: string;
  /** Every other tensor of the file. */
  readonly leftOut: readonly LeftOut[];
  readonly normalization: ImageNormalization;
  /** Side of the images that it was trained with, where that is known and not a part of the description: of a run. */
  readonly imageSize?: number;
  /** Path and SHA-256 of the file. */
  readonly source: string;
  readonly sha256: string;
}
