import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn, SslError, type Views } from '@ssl/core';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { applyCutmix, applyMixup, drawCutmix, drawMixup, mixLabels } from './mixing.js';

export interface WithMixingOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Alpha of Mixup; 0 or left out for none. MAE fine-tunes with 0.8. */
  readonly mixup?: number;
  /** Alpha of CutMix; 0 or left out for none. MAE fine-tunes with 1. With both, every batch draws one of them. */
  readonly cutmix?: number;
}

/**
 * One view of each image, mixed with another image of the batch, and the labels mixed alike: for supervised training and fine-tuning.
 *
 * @param views - make one view.
 * @returns Views whose extra `targets`, float32 `[batch, classes]`, are the soft labels; one-hot where nothing is mixed.
 * @throws SslError where the batch has no labels, or there is more than one view.
 * @example
 * ```ts
 * const views = withMixing(maeViews({ size: 224 }), { classes: 1000, mixup: 0.8, cutmix: 1 });
 * ```
 */
export function withMixing(views: Views, { classes, mixup = 0, cutmix = 0 }: WithMixingOptions): Views {
  return (input) => {
    const made = views(input);
    const [view] = made.views;
    const { labels, key } = input;
    if (labels === undefined || view === undefined || made.views.length > 1) {
      throw new SslError(
        `withMixing needs one view of images with labels, got ${String(made.views.length)} views and ${labels === undefined ? 'no labels' : 'labels'}. Use it for training with labels.`,
        { from: '@ssl/augment' },
      );
    }
    const mixed = tf.tidy(() => {
      const targets = tf.cast(tf.oneHot(labels, classes), 'float32') as Tensor2D;
      const draws = [
        ...(mixup > 0 ? [withMixup(view, targets)] : []),
        ...(cutmix > 0 ? [withCutmix(view, targets)] : []),
      ];
      const [first, second] = draws;
      if (first === undefined) return { view, targets };
      if (second === undefined) return first;
      const { coin } = drawUniforms(1, foldIn(key, 'mixup or cutmix'), { coin: [0, 1] });
      const pick = <T extends tf.Tensor>(a: T, b: T): T => {
        const heads = tf.reshape(tf.cast(tf.less(coin, 0.5), 'float32'), a.shape.map(() => 1));
        return tf.add(tf.mul(heads, a), tf.mul(tf.sub(1, heads), b)) as T;
      };
      return { view: pick(first.view, second.view), targets: pick(first.targets, second.targets) };
    });
    return { ...made, views: [mixed.view], extras: { ...made.extras, targets: mixed.targets } };

    function withMixup(images: Tensor4D, targets: Tensor2D): { view: Tensor4D; targets: Tensor2D } {
      const draw = drawMixup(images.shape[0], foldIn(key, 'mixup'), { alpha: mixup });
      return { view: applyMixup(images, draw), targets: mixLabels(targets, draw) };
    }
    function withCutmix(images: Tensor4D, targets: Tensor2D): { view: Tensor4D; targets: Tensor2D } {
      const draw = drawCutmix(images.shape, foldIn(key, 'cutmix'), { alpha: cutmix });
      return { view: applyCutmix(images, draw), targets: mixLabels(targets, draw) };
    }
  };
}
