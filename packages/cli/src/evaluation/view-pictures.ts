import { compile, randomKey } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import { imagesToBytes, viewsGallery, type ImageBytes, type ImageSet, type ReportViews } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltRun } from '../run/build-run.js';

/** What views are made with: a run, or a preset in place of its views. */
export type ViewMaker = Pick<BuiltRun, 'views' | 'normalization'> & { readonly description: { readonly seed: number } };

/** Some images with the views that training makes of them, as pictures. */
export async function viewPictures(run: ViewMaker, images: ImageSet, rows: readonly number[], names: readonly string[]): Promise<ReportViews> {
  const originals = pickImages(images, rows);
  const { views, hidden } = await makeViews(run, images, rows);
  const pictures = views.flatMap((view, position) => {
    const patches = hidden[position];
    return patches === undefined ? [view] : [view, hidePatches(view, patches)];
  });
  return viewsGallery({ originals, views: pictures.map((view) => fitInto(view, originals.shape)), names });
}

export interface MadeViews {
  /** In the method's order. */
  readonly views: readonly ImageBytes[];
  /** Of each view where the method hides patches: 1 for a hidden patch, rows of the grid one after the other. */
  readonly hidden: readonly (Float32Array | undefined)[];
}

/** Views of some images as bytes, normalisation undone. */
export async function makeViews({ views, normalization, description }: ViewMaker, images: ImageSet, rows: readonly number[]): Promise<MadeViews> {
  const { pixels, shape } = pickImages(images, rows);
  const aspects = Float32Array.from(rows, (row) => images.aspects[row] ?? 1);
  const make = compile(
    (input: { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => {
      const { views: made, extras } = views(input);
      return { made, masks: masksOf(extras) };
    },
    { name: 'views for the report' },
  );
  const input = { images: imagesFromBytes(pixels, shape), aspects: tf.tensor1d(aspects), key: randomKey(description.seed, 0, 'report views') };
  try {
    const { made, masks } = await make(input);
    const bytes: ImageBytes[] = [];
    for (const view of made) bytes.push(await imagesToBytes(view, normalization));
    const hidden = await Promise.all(masks.map(async (mask) => Float32Array.from(await mask.data())));
    tf.dispose([...made, ...masks]);
    return { views: bytes, hidden };
  } finally {
    tf.dispose(input);
    make.dispose();
  }
}

/** `mask` `[batch, patches]` of the first view (MAE, SimMIM, BEiT), or `masks` `[batch, views, patches]` (iBOT, DINOv2). */
function masksOf(extras: Readonly<Record<string, tf.Tensor>> = {}): tf.Tensor[] {
  const { mask, masks } = extras;
  if (mask?.rank === 2) return [mask];
  return masks?.rank === 3 ? tf.unstack(masks, 1) : [];
}

/** The view with its hidden patches grey. */
function hidePatches({ pixels, shape }: ImageBytes, hidden: Float32Array): ImageBytes {
  const [count, height, width, channels] = shape;
  const side = Math.round(Math.sqrt(hidden.length / count));
  const result = Uint8Array.from(pixels);
  for (let pixel = 0; pixel < count * height * width; pixel++) {
    const [x, y, image] = [pixel % width, Math.floor(pixel / width) % height, Math.floor(pixel / (width * height))];
    const patch = Math.floor((y * side) / height) * side + Math.floor((x * side) / width);
    if ((hidden[image * side * side + patch] ?? 0) > 0) result.fill(128, pixel * channels, (pixel + 1) * channels);
  }
  return { pixels: result, shape };
}

/** Views in the middle of white tiles of the originals' size; larger ones are thinned out. */
function fitInto({ pixels, shape }: ImageBytes, [, height, width]: ImageBytes['shape']): ImageBytes {
  const [count, viewHeight, viewWidth, channels] = shape;
  if (viewHeight === height && viewWidth === width) return { pixels, shape };
  const step = Math.max(1, viewHeight / height, viewWidth / width);
  const [shownHeight, shownWidth] = [Math.floor(viewHeight / step), Math.floor(viewWidth / step)];
  const [top, left] = [Math.floor((height - shownHeight) / 2), Math.floor((width - shownWidth) / 2)];
  const result = new Uint8Array(count * height * width * channels).fill(255);
  for (let image = 0; image < count; image++) {
    for (let y = 0; y < shownHeight; y++) {
      for (let x = 0; x < shownWidth; x++) {
        const from = ((image * viewHeight + Math.floor(y * step)) * viewWidth + Math.floor(x * step)) * channels;
        result.set(pixels.subarray(from, from + channels), ((image * height + top + y) * width + left + x) * channels);
      }
    }
  }
  return { pixels: result, shape: [count, height, width, channels] };
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
