import { resolve } from 'node:path';
import type { Command } from 'commander';
import { writeFileAtomically } from '@ssl/core';
import { evaluationBatches } from '@ssl/data';
import { chooseQueries, collectImages, renderReport, type JsonValue } from '@ssl/eval';
import { sampleDataset } from '../evaluation/sample-dataset.js';
import { viewPictures } from '../evaluation/view-pictures.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { planRun } from '../run/plan-run.js';
import { show } from '../run/run-folder.js';
import { configure, type Configured } from './configured-command.js';

interface ViewsFlags extends CommonFlags {
  readonly out: string;
}

const imagesShown = 24;

/** `ssl views`: what the network would see, before an hour is spent on training. */
export async function defineViews(command: Command, context: ProgramContext): Promise<void> {
  command.option('--out <file>', 'page to write', 'views.html');
  const configured = await configure(command, context);
  command.action(async (flags: ViewsFlags) => {
    await writeViews(configured(), flags, context.folder);
  });
}

async function writeViews({ config, method }: Configured, flags: ViewsFlags, folder: string): Promise<void> {
  const output = outputOf(flags);
  const { run, dataset: whole } = await planRun({ config, method, folder, output });
  const { imageSize: size, channels, seed } = run.description;
  const dataset = sampleDataset(whole, 10 * imagesShown);
  const images = await collectImages(evaluationBatches(dataset, { size, channels, batchSize: 64 }));
  const rows = chooseQueries({ count: images.shape[0], queries: imagesShown, seed });
  const views = await viewPictures(run, images, rows, rows.map((row) => dataset.describe(images.indices[row] ?? 0)));
  const page = renderReport({
    version: 'ssl-report/1',
    title: `Views of ${method.plugin.name} on ${whole.name}`,
    summary: 'Each image with the views that training makes of it. Two views of one image should still show the same thing.',
    createdAt: new Date().toISOString(),
    facts: [],
    curves: [],
    views,
    configuration: JSON.parse(JSON.stringify(run.description)) as JsonValue,
    environment: {},
    nextSteps: [],
  });
  const path = resolve(folder, flags.out);
  await writeFileAtomically(path, Buffer.from(page));
  output.result(`Views  ${show(path)}`);
}
