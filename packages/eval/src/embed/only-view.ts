import { SslError } from '@ssl/core';
import type * as tf from '@tensorflow/tfjs-core';

/** The one view of each image. */
export function onlyView(views: readonly tf.Tensor4D[]): tf.Tensor4D {
  const [view] = views;
  if (view === undefined || views.length > 1) {
    throw new SslError(
      `an evaluation needs one view of each image, got ${String(views.length)}. Use evalViews(...), not the views of the training.`,
      { from: '@ssl/eval' },
    );
  }
  return view;
}
