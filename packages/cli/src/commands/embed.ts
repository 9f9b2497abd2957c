import { extname, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { disposeTree } from '@ssl/core';
import { BrokenImages, evaluationBatches } from '@ssl/data';
import { embedDataset } from '@ssl/eval';
import { embeddingOf } from '../evaluation/embed-images.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { parseDeviceFlags, withDeviceFlags, type DeviceFlags } from '../program/device-flags.js';
import { formatCount } from '../progress/format.js';
import { loadRunOrWeights } from '../run/load-weights.js';
import { openRunData } from '../run/open-data.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { embeddingFormats, writeEmbeddings } from '../run/write-embeddings.js';
import { UsageError } from '../usage-error.js';

interface EmbedFlags extends CommonFlags, DeviceFlags {
  readonly data?: string;
  readonly split?: 'train' | 'test';
  readonly out: string;
  readonly runs: string;
}

const batchSize = 256;

/** `ssl embed`: feature vectors of images, in a file. */
export function defineEmbed(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a file of weights; left out: the newest run')
    .option('--data <folder>', 'images; left out: those of the training')
    .addOption(new Option('--split <part>', "part of sets that have two; left out: the training's").choices(['train', 'test']))
    .option('--out <file>', `file to write: ${embeddingFormats.join(', ')}`, 'embeddings.safetensors')
    .option('--runs <folder>', 'where runs are looked for', 'runs');
  withDeviceFlags(command).action(async (named: string | undefined, flags: EmbedFlags) => {
    const format = embeddingFormats.find((known) => known === extname(flags.out));
    if (format === undefined) throw new UsageError(`--out needs a file that ends in ${embeddingFormats.join(', ')}, got ${flags.out}.`);
    const output = outputOf(flags);
    await startBackend(parseDeviceFlags(flags), output);
    const { run, checkpoint } = await loadRunOrWeights(named ?? true, folder, resolve(folder, flags.runs), flags.data);
    const dataset = await openRunData(run.description, flags, { folder, output });
    const { imageSize: size, channels } = run.description;
    const broken = new BrokenImages(dataset.size);
    const embedded = await embedDataset({
      ...embeddingOf(run, checkpoint),
      batches: evaluationBatches(dataset, { size, channels, batchSize, broken }),
      onProgress: (images) => {
        output.live(`${formatCount(images)} of ${formatCount(dataset.size)} images`);
      },
    });
    output.liveDone();
    disposeTree([checkpoint.params, checkpoint.aux, checkpoint.optimizer]);
    const path = resolve(folder, flags.out);
    await writeEmbeddings(path, format, embedded, dataset);
    if (broken.count > 0) output.warn(`${formatCount(broken.count)} images could not be read and are left out, the first: ${broken.listed[0]?.name ?? ''} (${broken.listed[0]?.reason ?? ''})`);
    output.event('embedded', { path, images: embedded.count, dimension: embedded.dimension, broken: broken.count });
    output.result(`${formatCount(embedded.count)} vectors of ${String(embedded.dimension)} numbers: ${show(path)}`);
  });
}
