import type { BackendDescription } from '@ssl/backend';
import { isSslError } from '@ssl/core';
import type { Dataset } from '@ssl/data';
import { foldNormalization, type ImportedBackbone } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { methodOptions } from '../methods/method-options.js';
import type { ResolvedMethod } from '../methods/resolve-method.js';
import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { chooseSettings } from '../settings/choose-settings.js';
import { readAugmentation } from '../settings/augmentation.js';
import { dataFacts } from '../settings/data-facts.js';
import type { DataWarning } from '../settings/data-warnings.js';
import { UsageError } from '../usage-error.js';
import { buildRun, type BuiltRun } from './build-run.js';
import { checkContinued, readContinued } from './continue-run.js';
import { checkSameImages } from './check-same-images.js';
import { listImages, type ImageList } from './data-fingerprint.js';
import type { FoundRun } from './find-run.js';
import { findFrozenRuns } from './frozen-runs.js';
import { absoluteData, dataOptions, openData, sourcesOf } from './open-data.js';
import { describeRun } from './run-description.js';
import { show } from './run-folder.js';
import { describeStart, readStart, startForChannels } from './start-weights.js';
import { placeOfStart } from './imported-start.js';
import { patchSizeOfRun } from '../settings/patch-size.js';
import { settingsOfStart } from '../settings/settings-of-start.js';
import { startBackend } from './start-backend.js';

export interface PlanRunInput {
  readonly config: SslConfig;
  readonly method: ResolvedMethod;
  /** Where the user stands. */
  readonly folder: string;
  readonly output: Output;
  /** The run that goes on: on the same images, and without the files that it started from. */
  readonly resumed?: FoundRun;
  /** A run all of whose weights this one starts with. */
  readonly continueFrom?: string;
}

/** A run that is ready to be trained. */
export interface PlannedRun {
  readonly run: BuiltRun;
  readonly dataset: Dataset;
  /** What was seen of the images of a run that goes on. */
  readonly images?: ImageList;
  readonly backend: BackendDescription;
  /** Of the values of the images; they were printed. */
  readonly warnings: readonly DataWarning[];
  /** Weights to start from. */
  readonly start?: ImportedBackbone;
  /** A checkpoint with all weights to start from. */
  readonly continued?: string;
}

/**
 * Opens the data, starts the engine, decides every setting that was left open and prints why, builds the run.
 *
 * @throws UsageError where there is no data, or too little, or settings do not fit together.
 */
export async function planRun({ config, method, folder, output, resumed, continueFrom }: PlanRunInput): Promise<PlannedRun> {
  const { data, labels } = config;
  if (continueFrom !== undefined) checkContinued(continueFrom, config, method.reference, folder);
  if (data === undefined) {
    throw new UsageError('Images are needed, none were named. Write --data ./my-photos (a folder, nested or flat), or --data emoji to try it.');
  }
  const frozen = resumed === undefined ? findFrozenRuns(method.plugin, config, folder) : resumed.description.frozen;
  const augmentation = config.augmentation === undefined ? undefined : readAugmentation(config.augmentation, folder);
  const dataset = await openData(data, { folder, output, ...(labels === undefined ? {} : { labels }), ...dataOptions(config) }).catch((error: unknown) => {
    if (resumed === undefined || !isSslError(error)) throw error;
    throw new UsageError(`${error.message.replace(/^\[@ssl\/\w+\] /, '')} Where the images of ${show(resumed.folder.path)} were moved, give their new place with --data.`, { cause: error });
  });
  if (dataset.size < 2) throw new UsageError(`Training needs at least 2 different images, ${sourcesOf(data).map(show).join(' and ')} holds ${String(dataset.size)}. Add images to it.`);
  const images = resumed === undefined ? undefined : await listImages(dataset, absoluteData(data, folder));
  if (resumed !== undefined && images !== undefined) checkSameImages(resumed, images, data, output);
  const facts = await dataFacts(dataset);
  const warnings = (facts.warnings ?? []).filter(({ kind }) => kind !== 'bands left out' || config.channels === undefined);
  const transformer = method.plugin.network === 'transformer';
  const compiler = config.compiler === 'xla' ? 'xla' : 'graph';
  const backend = await startBackend({ ...config, xla: compiler === 'xla' }, output);
  const continued = continueFrom === undefined ? undefined : await readContinued(continueFrom, config, folder, output);
  const read = await readStart(config, folder, output);
  const start = read === undefined ? undefined : startForChannels(read, config, facts, output);
  const network = continued?.backbone ?? start;
  const { settings, choices } = chooseSettings(network === undefined ? config : settingsOfStart(network, config, facts), facts, { gpu: backend.device === 'cuda' || backend.device === 'webgpu', transformer });

  const classes = dataset.classes === undefined ? '' : ` of ${String(dataset.classes.length)} classes (for the evaluation only)`;
  output.line(`${output.bold(method.plugin.name)} on ${dataset.name}: ${formatCount(facts.size)} images${classes}`);
  for (const { text } of warnings) output.warn(`Warning: ${text}`);
  for (const { key, value, reason: because } of choices) output.line(`  ${key} ${value}  ${output.dim(because)}`);

  const init = continued?.init ?? (start === undefined ? resumed?.description.init : { ...describeStart(start), read: placeOfStart(config.init!, folder, start) });
  const description = describeRun({
    method,
    methodOptions: methodOptions(method.plugin, settings.smallData, config.methodOptions ?? {}),
    settings: resumed === undefined ? settings : { ...settings, patchSize: patchSizeOfRun(resumed.description) },
    ...(config.optimizer === undefined ? {} : { optimizer: config.optimizer }),
    ...(augmentation === undefined ? {} : { augmentation }),
    ...(frozen === undefined ? {} : { frozen }),
    ...(init === undefined ? {} : { init }),
    precision: config.precision ?? 'float32',
    compiler,
    data: absoluteData(data, folder),
    ...(labels === undefined ? {} : { labels }),
    ...dataOptions(config),
    dataName: dataset.name,
    datasetSize: facts.size,
    ...(dataset.classes === undefined ? {} : { classes: dataset.classes.length }),
  });
  const run = await buildRun(description, folder, { plugin: method.plugin, network: settings.network });
  return { run, dataset, ...(images === undefined ? {} : { images }), backend, warnings, ...(start === undefined ? {} : { start: foldNormalization(start, run.normalization) }), ...(continued === undefined ? {} : { continued: continued.checkpoint }) };
}
