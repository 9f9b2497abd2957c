import { imagenetStatistics } from '@ssl/augment';
import { compile, randomKey } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import { imagesToBytes, viewsGallery, type ImageBytes, type ImageSet, type ReportViews } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltRun } from '../run/build-run.js';

/** Some images with the views that training makes of them, as pictures. */
export async function viewPictures(run: BuiltRun, images: ImageSet, rows: readonly number[], names: readonly string[]): Promise<ReportViews> {
  const originals = pickImages(images, rows);
  const aspects = Float32Array.from(rows, (row) => images.aspects[row] ?? 1);
  const make = compile(
    (input: { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => ({ views: run.views(input).views }),
    { name: 'views for the report' },
  );
  const input = { images: imagesFromBytes(originals.pixels, originals.shape), aspects: tf.tensor1d(aspects), key: randomKey(run.description.seed, 0, 'report views') };
  const statistics = run.description.channels === 3 ? imagenetStatistics : { mean: [0.5], deviation: [0.25] };
  try {
    const { views } = await make(input);
    const pictures: ImageBytes[] = [];
    for (const view of views) pictures.push(await imagesToBytes(view, statistics));
    tf.dispose([...views]);
    return await viewsGallery({ originals, views: pictures.filter(({ shape }) => shape.join() === originals.shape.join()), names });
  } finally {
    tf.dispose(input);
    make.dispose();
  }
}

/** Some images of a set. */
export function pickImages({ pixels, shape }: ImageBytes, rows: readonly number[]): ImageBytes {
  const [, height, width, channels] = shape;
  const size = height * width * channels;
  const picked = new Uint8Array(rows.length * size);
  rows.forEach((row, i) => {
    picked.set(pixels.subarray(row * size, (row + 1) * size), i * size);
  });
  return { pixels: picked, shape: [rows.length, height, width, channels] };
}
