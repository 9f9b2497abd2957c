import { smallConvNet, visionTransformer, type Backbone, type MethodPlugin } from '@ssl/core';

/** What every run of the table shares, ours and the peers'. */
export const protocol = { batchSize: 256, evaluationBatch: 256, heldShare: 0.2, fineTuningViews: 100_000 } as const;

/** The small network with an early stride: 45 epochs of the emoji in three minutes of two cores. */
export const smallNetwork = (channels: number): Backbone => smallConvNet({ channels });

const patchesInRow = 4;

/** Methods whose features are not meant to be used as they are: they are fine-tuned too, as in their papers. */
export const fineTunedMethods: ReadonlySet<string> = new Set(['mae', 'simmim', 'beit']);

/** Of a run with a tokenizer: the share of its views that the dVAE is trained with, and the side of its images, tokens of 4 pixels. */
export const tokenizerProtocol = { method: 'dvae', share: 0.2, imageSize: 4 * patchesInRow } as const;

/** A ViT with 4 x 4 patches to an image, about three times the work of the small network: patches of 8 of 32 pixels, of 7 of 28. */
export const smallVisionTransformer = (size: number, channels: number): Backbone =>
  visionTransformer({ name: 'small-vit', imageSize: size, patchSize: size / patchesInRow, channels, width: 96, depth: 3, heads: 3 });

/** The network of a method's row. */
export const networkFor = ({ network }: Pick<MethodPlugin, 'network'>, { size, channels }: { readonly size: number; readonly channels: number }): Backbone =>
  network === 'transformer' ? smallVisionTransformer(size, channels) : smallNetwork(channels);
