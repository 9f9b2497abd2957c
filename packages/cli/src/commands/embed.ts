import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { disposeTree } from '@ssl/core';
import { BrokenImages, evaluationBatches } from '@ssl/data';
import { embedBatches, type EmbeddedImages } from '@ssl/eval';
import { namesBeside } from '../embeddings/npy-embeddings.js';
import { embeddingOf } from '../evaluation/embed-images.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { parseDeviceFlags, withDeviceFlags, type DeviceFlags } from '../program/device-flags.js';
import { describeBroken } from '../progress/describe-broken.js';
import { formatCount } from '../progress/format.js';
import { describeEnding, type Ending } from '../run/endings.js';
import { watchInterruption } from '../run/interruption.js';
import { loadRunOrWeights } from '../run/load-weights.js';
import { openRunData } from '../run/open-data.js';
import { outputFile } from '../run/output-file.js';
import { reportEnding } from '../run/report-ending.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { embeddingFormatOf, embeddingFormats, writeEmbeddings } from '../run/write-embeddings.js';

interface EmbedFlags extends CommonFlags, DeviceFlags {
  readonly data?: string;
  readonly split?: 'train' | 'test';
  readonly out: string;
  readonly runs: string;
}

const batchSize = 256;

/** `ssl embed`: feature vectors of images, in a file. */
export function defineEmbed(command: Command, { folder, finish }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a file of weights; left out: the newest run')
    .option('--data <folder>', 'images; left out: those of the training')
    .addOption(new Option('--split <part>', "part of sets that have two; left out: the training's").choices(['train', 'test']))
    .option('--out <file>', `file to write: ${embeddingFormats.join(', ')}; its folder is made`, 'embeddings.safetensors')
    .option('--runs <folder>', 'where runs are looked for', 'runs');
  withDeviceFlags(command).action(async (named: string | undefined, flags: EmbedFlags) => {
    const path = outputFile(flags.out, { folder, endings: embeddingFormats });
    const format = embeddingFormatOf(path)!;
    if (format === '.npy') outputFile(namesBeside(path), { folder });
    const output = outputOf(flags);
    await startBackend(parseDeviceFlags(flags), output);
    const { run, checkpoint } = await loadRunOrWeights(named ?? true, folder, resolve(folder, flags.runs), flags.data);
    const dataset = await openRunData(run.description, flags, { folder, output });
    const { imageSize: size, channels } = run.description;
    const broken = new BrokenImages(dataset.size);
    const seen = { images: 0, dimension: 0, notFinite: 0 };
    const interruption = watchInterruption({
      onFirst: (ending) => {
        output.liveDone();
        output.warn(`${describeEnding(ending)}. Stopping; nothing is written.`);
      },
    });
    const parts = embedBatches({ ...embeddingOf(run, checkpoint), batches: evaluationBatches(dataset, { size, channels, batchSize, broken }) });
    try {
      await writeEmbeddings(path, format, watched(parts), dataset);
    } catch (error) {
      if (!(error instanceof EmbeddingInterrupted)) throw error;
      finish(reportEnding(output, error.ending, [`Interrupted after ${formatCount(seen.images)} of ${formatCount(dataset.size)} images; ${show(path)} was not written.`]));
      return;
    } finally {
      output.liveDone();
      interruption.stop();
      disposeTree([checkpoint.params, checkpoint.aux, checkpoint.optimizer]);
      await dataset.close?.();
    }
    if (broken.count > 0) output.warn(describeBroken(broken));
    if (seen.notFinite > 0) output.warn(`${formatCount(seen.notFinite)} of the vectors hold NaN or infinity. Look at the loss of the training: a network that diverged embeds everything so.`);
    const names = format === '.npy' ? namesBeside(path) : undefined;
    output.event('embedded', { path, ...(names === undefined ? {} : { names }), ...seen, broken: broken.count });
    output.result(`${formatCount(seen.images)} vectors of ${String(seen.dimension)} numbers: ${show(path)}${names === undefined ? '' : `, names and classes: ${show(names)}`}`);

    async function* watched(features: AsyncIterable<EmbeddedImages>): AsyncGenerator<EmbeddedImages, void> {
      for await (const part of features) {
        if (interruption.ending !== undefined) throw new EmbeddingInterrupted(interruption.ending);
        seen.images += part.count;
        seen.dimension = part.dimension;
        seen.notFinite += rowsNotFinite(part);
        output.live(`${formatCount(seen.images)} of ${formatCount(dataset.size)} images`);
        yield part;
      }
    }
  });
}

/** The embedding was ended by a signal, or its reader is gone. */
class EmbeddingInterrupted extends Error {
  override readonly name = 'EmbeddingInterrupted';
  readonly ending: Ending;
  constructor(ending: Ending) {
    super('the embedding was ended');
    this.ending = ending;
  }
}

function rowsNotFinite({ values, count, dimension }: EmbeddedImages): number {
  let found = 0;
  for (let row = 0; row < count; row++) {
    if (!values.subarray(row * dimension, (row + 1) * dimension).every(Number.isFinite)) found++;
  }
  return found;
}
