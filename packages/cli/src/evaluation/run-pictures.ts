import { compile, isSslError, randomKey, type ViewBatch } from '@ssl/core';
import { imagesFromBytes } from '@ssl/core/ops';
import { attentionPictures, classAttention, imagesToBytes, pictureGrid, type ImageSet, type ReportPictures } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import type { BuiltRun } from '../run/build-run.js';
import { evaluationViews, type RunWeights } from './embed-images.js';
import type { PictureImages } from './run-pictures-images.js';
import { shownChannels } from './shown-channels.js';
import { trainedBackbone } from './trained-backbone.js';

/** What the report shows of a run's network beside its figures: the method's own pictures, and where a ViT looks. */
export async function runPictures(run: BuiltRun, weights: RunWeights, { images, names, note }: PictureImages): Promise<readonly ReportPictures[]> {
  const own = run.method.pictures === undefined ? [] : await orReason('Pictures', () => methodPictures(run, weights, images, names));
  const attention = await orReason('Attention', async () => [await attentionGrid(run, weights, images, names)]);
  return [...own, ...attention].map((pictures) => ('missing' in pictures ? pictures : { ...pictures, caption: [pictures.caption, note].filter(Boolean).join(' ') }));
}

/** The pictures, or why there are none. */
async function orReason(title: string, make: () => Promise<ReportPictures[]>): Promise<ReportPictures[]> {
  try {
    return await make();
  } catch (error) {
    if (!isSslError(error)) throw error;
    return [{ title, missing: `No pictures here: ${error.message}` }];
  }
}

/** With masks and other inputs drawn as training draws them. */
async function methodPictures(run: BuiltRun, { params, aux }: RunWeights, set: ImageSet, names: readonly string[]): Promise<ReportPictures[]> {
  const { method, views, normalization } = run;
  const draw = compile(
    (input: { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D }) => {
      const { views: made, extras = {} } = views(input);
      return { made, extras } as { made: readonly tf.Tensor4D[]; extras: NonNullable<ViewBatch['extras']> };
    },
    { name: 'inputs of the report pictures' },
  );
  const input = tensorsOf(run, set);
  try {
    const { made: unused, extras } = await draw(input);
    tf.dispose([...unused]);
    const grids = tf.tidy(() => {
      const made = method.pictures!({ params, aux, images: input.images, normalization, extras });
      // Handles of their own: a column may be the input itself.
      return made.map((grid) => ({ ...grid, columns: grid.columns.map((column) => ({ ...column, images: tf.clone(column.images) })) })) as unknown as tf.TensorContainer;
    }) as unknown as ReturnType<NonNullable<typeof method.pictures>>;
    const sections: ReportPictures[] = [];
    for (const { title, caption, columns } of grids) {
      const pictures = [];
      for (const { name, images } of columns) pictures.push({ name, images: await imagesToBytes(images) });
      tf.dispose(columns.map(({ images }) => images));
      sections.push(await pictureGrid({ title, ...(caption === undefined ? {} : { caption }), columns: pictures, names }));
    }
    tf.dispose({ ...extras });
    return sections;
  } finally {
    tf.dispose(input);
    draw.dispose();
  }
}

async function attentionGrid(run: BuiltRun, weights: RunWeights, set: ImageSet, names: readonly string[]): Promise<ReportPictures> {
  const { backbone, variables } = trainedBackbone(run, weights, 'attention maps need');
  const input = tensorsOf(run, set);
  const view = tf.tidy(() => evaluationViews(run)(input).views[0]!);
  try {
    return await pictureGrid({
      title: 'Attention',
      caption: `How much the class token of the last block looks at each patch, head by head (bright: most), and the image with only those patches bright that hold 60 % of the heads' mean attention.`,
      columns: attentionPictures({ images: shownChannels(set), attention: await classAttention(backbone, variables, view) }),
      names,
    });
  } finally {
    tf.dispose([input, view]);
  }
}

function tensorsOf({ description }: BuiltRun, { pixels, shape, aspects }: ImageSet): { images: tf.Tensor4D; aspects: tf.Tensor1D; key: tf.Tensor1D } {
  return { images: imagesFromBytes(pixels, shape), aspects: tf.tensor1d(aspects), key: randomKey(description.seed, 0, 'report pictures') };
}
