import type { ImportedBackbone } from '../backbone/imported-backbone.js';
import { normalizationStatistics } from '../backbone/normalization-statistics.js';

/** How a network's images were made, with the names of timm's `pretrained_cfg`: written into the metadata of an exported file. */
export interface Preprocessing {
  /** Channels, height, width. */
  readonly input_size: readonly [number, number, number];
  /** Of downsizing, with antialiasing. */
  readonly interpolation: 'bilinear';
  /** Side of the centred square that is resized, as a share of the image's shorter side. */
  readonly crop_pct: number;
  readonly crop_mode: 'center';
  /** Of values from 0 to 1, one for each channel; absent where they are not known. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

/** What evaluation does with the images of a backbone. */
export function preprocessingOf({ description, normalization, imageSize }: Pick<ImportedBackbone, 'description' | 'normalization' | 'imageSize'>): Preprocessing {
  const { channels = 3 } = description.options;
  const side = imageSize ?? (description.kind === 'vision-transformer' ? (description.options.imageSize ?? 224) : 224);
  const statistics = normalizationStatistics(normalization, channels);
  return {
    input_size: [channels, side, side],
    interpolation: 'bilinear',
    crop_pct: evaluatedShare(side),
    crop_mode: 'center',
    ...(statistics === undefined ? {} : { mean: statistics.mean, std: statistics.deviation }),
  };
}

/** Share of the shorter side that evaluation looks at: small images are seen whole, others as 224 of 256. */
export function evaluatedShare(imageSize: number): number {
  return imageSize <= 64 ? 1 : 0.875;
}
