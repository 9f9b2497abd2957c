import type { Command } from 'commander';
import { maskedCount, randomMasks, viewPresets, withMasks } from '@ssl/augment';
import { writeFileAtomically } from '@ssl/core';
import { decodeImage, evaluationBatches, type Dataset } from '@ssl/data';
import { chooseQueries, collectImages, renderReport, type ImageSet, type JsonValue } from '@ssl/eval';
import { sampleDataset } from '../evaluation/sample-dataset.js';
import { measureBorders, measureColours, measurePairs } from '../evaluation/view-measures.js';
import { makeViews, viewPictures, type ViewMaker } from '../evaluation/view-pictures.js';
import { viewWarnings, type PairMeasures, type ViewWarning } from '../evaluation/view-warnings.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import type { BuiltRun } from '../run/build-run.js';
import { planRun } from '../run/plan-run.js';
import { outputFile } from '../run/output-file.js';
import { passedOverLines } from '../run/report-data.js';
import { show } from '../run/run-folder.js';
import { patchSizeFor } from '../settings/patch-size.js';
import { UsageError } from '../usage-error.js';
import { configure, type Configured } from './configured-command.js';

interface ViewsFlags extends CommonFlags {
  readonly out: string;
  readonly preset?: string;
}

const imagesShown = 24;
const imagesMeasured = 240;
/** Originals whose size is looked at: each is decoded for it. */
const sizesMeasured = 64;
/** Values of the views that are compared, so that large ones fit into memory. */
const valuesCompared = 2 ** 24;
const presetNames = Object.keys(viewPresets) as (keyof typeof viewPresets)[];

/** `ssl views`: what the network would see, before an hour is spent on training. */
export async function defineViews(command: Command, context: ProgramContext): Promise<void> {
  command
    .option('--out <file>', 'page to write', 'views.html')
    .option('--preset <name>', `views of ${presetNames.join(', ')} in place of the method's own; up to 64 pixels their variants for small images`);
  const configured = await configure(command, context);
  command.action(async (flags: ViewsFlags) => {
    await writeViews(configured(), flags, context.folder);
  });
}

async function writeViews({ config, method }: Configured, flags: ViewsFlags, folder: string): Promise<void> {
  const path = outputFile(flags.out, { folder });
  const output = outputOf(flags);
  const preset = flags.preset === undefined ? undefined : presetOf(flags.preset);
  const { run, dataset: whole, warnings: ofValues } = await planRun({ config, method, folder, output });
  const { imageSize: size, channels, seed } = run.description;
  const maker = preset === undefined ? run : presetViews(preset, run);
  const name = preset ?? method.plugin.name;
  const dataset = sampleDataset(whole, imagesMeasured);
  const images = await collectImages(evaluationBatches(dataset, { size, channels, batchSize: 64 }));
  const rows = chooseQueries({ count: images.shape[0], queries: imagesShown, seed });
  const views = await viewPictures(maker, images, rows, rows.map((row) => dataset.describe(images.indices[row] ?? 0)));
  const warnings = viewWarnings({
    imageSize: size,
    sizes: await sizesOf(sampleDataset(dataset, sizesMeasured)),
    borders: measureBorders(images),
    coloured: measureColours(images),
    ...(await pairsOf(maker, images)),
  });
  const page = renderReport({
    version: 'ssl-report/1',
    title: `Views of ${name} on ${whole.name}`,
    summary: ['Each image with the views that training makes of it. Two views of one image should still show the same thing.', ...[...ofValues, ...warnings].map(({ text }) => `Warning: ${text}`), ...passedOverLines(whole.passedOver).map((line) => `Not taken from the data: ${line}.`)].join(' '),
    createdAt: new Date().toISOString(),
    facts: [],
    curves: [],
    views,
    configuration: JSON.parse(JSON.stringify({ ...run.description, ...(preset === undefined ? {} : { preset }) })) as JsonValue,
    environment: {},
    nextSteps: [],
  });
  await writeFileAtomically(path, Buffer.from(page));
  for (const warning of warnings) report(output, warning);
  output.event('views', { path, images: rows.length, warnings: [...ofValues, ...warnings].map(({ kind }) => kind) });
  output.result(`Views  ${show(path)}`);
}

function report(output: ReturnType<typeof outputOf>, { text }: ViewWarning): void {
  output.warn(`Warning: ${text}`);
}

function presetOf(given: string): keyof typeof viewPresets {
  const name = presetNames.find((known) => known === given);
  if (name === undefined) throw new UsageError(`--preset needs one of ${presetNames.join(', ')}, got ${given}.`);
  return name;
}

/** A preset's views; MAE's with three quarters of the patches hidden, as many as a Vision Transformer would see of this size. */
function presetViews(preset: keyof typeof viewPresets, { description: { imageSize: size, channels, seed }, normalization }: BuiltRun): ViewMaker {
  const views = viewPresets[preset]({ size, channels, normalization });
  const patches = Math.max(1, Math.floor(size / (patchSizeFor(size) ?? 16))) ** 2;
  return {
    views: preset === 'mae' ? withMasks(views, randomMasks({ patches, masked: maskedCount(patches, 0.75) })) : views,
    normalization,
    description: { seed },
  };
}

/** Sizes of the originals that can be read. */
async function sizesOf(dataset: Dataset): Promise<(readonly [number, number])[]> {
  const sizes: (readonly [number, number])[] = [];
  for (let index = 0; index < dataset.size; index++) {
    try {
      const { width, height } = await decodeImage(await dataset.read(index));
      sizes.push([width, height]);
    } catch {
      // Broken images have no size; the evaluation's batches have counted them.
    }
  }
  return sizes;
}

/** The first two views of all measured images, where a method makes two. */
async function pairsOf(maker: ViewMaker, images: ImageSet): Promise<{ pairs?: PairMeasures }> {
  const [count, height, width, channels] = images.shape;
  const all = Array.from({ length: Math.min(count, Math.floor(valuesCompared / (height * width * channels))) }, (_, row) => row);
  const { views } = await makeViews(maker, images, all);
  const [first, second] = views;
  return first === undefined || second === undefined || all.length < 2 ? {} : { pairs: measurePairs(first, second) };
}
