import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn, SslError, type Views } from '@ssl/core';

/** Draws masks for a batch, by the names under which the method finds them in its extras; the first axis is the batch. */
export type DrawMasks = (batch: number, key: Tensor1D) => Readonly<Record<string, Tensor>>;

/**
 * Views together with masks: what `draw` returns comes with the views of each batch, as extras.
 *
 * Masks have a random stream of their own, so the views are those without masks.
 *
 * @param draw - {@link randomMasks} (MAE), {@link blockMasks} (BEiT), {@link imageMasks} (iBOT, DINOv2), or one of your own.
 * @returns Views whose extras are those of `views` and the masks.
 * @throws SslError where a mask has the name of another extra input.
 * @example
 * ```ts
 * const views = withMasks(maeViews({ size: 224 }), randomMasks({ patches: 196, masked: maskedCount(196, 0.75) }));
 * ```
 */
export function withMasks(views: Views, draw: DrawMasks): Views {
  return (input) => {
    const made = views(input);
    const masks = draw(input.images.shape[0], foldIn(input.key, 'masks'));
    const twice = Object.keys(masks).find((name) => made.extras !== undefined && name in made.extras);
    if (twice !== undefined) {
      throw new SslError(`withMasks needs a name of its own for each extra input, got '${twice}' twice. Rename one of them.`, {
        from: '@ssl/augment',
      });
    }
    return { ...made, extras: { ...made.extras, ...masks } };
  };
}
