import { basename, dirname, resolve } from 'node:path';
import { foldNormalization, importBackbone, initialWeights, readWeights } from '@ssl/weights';
import { UsageError } from '../usage-error.js';
import { buildRun } from './build-run.js';
import { loadRun, type LoadedRun } from './load-run.js';
import type { RunDescription } from './run-description.js';
import { runFolder, show } from './run-folder.js';
import { describeStart, isBackboneFile, weightsFileAt } from './start-weights.js';

/**
 * Loads what `ssl embed` and `ssl eval` look at: a run, or a file of weights that no run trained.
 *
 * @throws UsageError for a file of weights without `data`: it has no images of its own.
 */
export async function loadRunOrWeights(named: string | true, folder: string, runs: string, data: string | undefined): Promise<LoadedRun> {
  const place = named === true ? undefined : resolve(folder, named);
  if (place === undefined || !(await isBackboneFile(place))) return loadRun(named, folder, runs);
  const path = weightsFileAt(place);
  if (data === undefined) throw new UsageError(`Images are needed, ${show(path)} has none of its own. Write --data ./my-photos.`);
  const backbone = importBackbone(await readWeights(path));
  const { description: network } = backbone;
  const trained = backbone.imageSize ?? (network.kind === 'vision-transformer' ? (network.options.imageSize ?? 224) : 224);
  const patch = network.kind === 'vision-transformer' ? (network.options.patchSize ?? 16) : 1;
  const description: RunDescription = {
    format: 'ssl-run/1',
    method: 'simclr',
    methodOptions: {},
    network: network.kind,
    width: 1,
    stem: 'imagenet',
    imageSize: Math.floor(Math.min(trained, 224) / patch) * patch,
    channels: network.options.channels ?? 3,
    batchSize: 2,
    accumulate: 1,
    epochs: 1,
    seed: 0,
    smallData: false,
    precision: 'float32',
    data,
    dataName: data,
    datasetSize: 2,
    stepsPerEpoch: 1,
    totalSteps: 1,
    init: { ...describeStart(backbone), read: path },
  };
  const run = await buildRun(description, folder);
  const weights = initialWeights(run.method, 0, foldNormalization(backbone, run.normalization));
  return {
    // The method only asks the backbone for its features; the table names the file.
    run: { ...run, plugin: { ...run.plugin, name: basename(path) } },
    found: { folder: runFolder(dirname(path)), attempts: [], isSearch: false, description },
    checkpointPath: path,
    checkpoint: { info: {} as LoadedRun['checkpoint']['info'], params: weights.params, aux: weights.aux, optimizer: {} },
  };
}
