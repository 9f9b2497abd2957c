import { apply, compile, randomKey, type Module, type Precision, type TensorRecord, type Variables, type Views } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { imageBatches, type ImageSet } from '../embed/image-set.js';
import { onlyView } from '../embed/only-view.js';

/** Images of one call. */
const batchSize = 256;

export interface ClassifyImagesInput {
  readonly network: Module<tf.Tensor4D, tf.Tensor2D>;
  readonly views: Views | undefined;
  readonly precision?: Precision | undefined;
}

/** Makes a function that gives the class with the highest logit for every image; dispose of it after use. */
export function imageClassifier({ network, views, precision }: ClassifyImagesInput): {
  classify(variables: Variables, images: ImageSet): Promise<Int32Array>;
  dispose(): void;
} {
  const run = compile(
    ({ params, buffers, images, aspects, key }: { params: TensorRecord; buffers: TensorRecord; images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => {
      const view = views === undefined ? images : onlyView(views({ images, aspects, key }).views);
      return { classes: tf.argMax(apply(network, { params, buffers }, view, { training: false }).output, 1) };
    },
    { name: 'classify images', ...(precision === undefined ? {} : { precision }) },
  );
  return {
    async classify(variables, images) {
      const predictions = new Int32Array(images.shape[0]);
      let start = 0;
      for (const { pixels, shape, aspects } of imageBatches(images, batchSize)) {
        const inputs = { images: imagesFromBytes(pixels, shape), aspects: tf.tensor1d(aspects), key: randomKey(0, 0, 'evaluation') };
        const { classes } = await run({ params: variables.params, buffers: variables.buffers, ...inputs });
        predictions.set(await classes.data<'int32'>(), start);
        tf.dispose([inputs, classes]);
        start += shape[0];
      }
      return predictions;
    },
    dispose: () => run.dispose(),
  };
}
