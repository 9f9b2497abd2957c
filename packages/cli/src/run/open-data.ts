import { existsSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { datasetSpecs, mixDatasets, openDataset, type Dataset, type OpenDatasetOptions } from '@ssl/data';
import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';
import { UsageError } from '../usage-error.js';
import { reportData, sourceNotes } from './report-data.js';
import type { RunDescription } from './run-description.js';

/** What `--data` names: one source, or several that are mixed. */
export type DataSpec = string | readonly string[];

export interface OpenDataOptions {
  /** Classes from first-level folders; left out: from the folders that are classes by their names. */
  readonly labels?: boolean;
  /** Part of sets that have two. */
  readonly split?: SslConfig['split'];
  /** What lies behind drawings and transparent pictures. */
  readonly background?: SslConfig['background'];
  /** Stored values that are black and white. */
  readonly range?: readonly number[] | undefined;
  /** Share of the images of each of several sources; left out: their sizes. */
  readonly dataWeights?: readonly number[] | undefined;
  /** Where relative paths start. */
  readonly folder: string;
  readonly output: Output;
}

/**
 * Opens what `--data` names, several sources mixed by their weights; says what is fetched, which classes were found, and what was passed over.
 *
 * @throws UsageError unless there is a weight for each source, where there are weights.
 */
export async function openData(data: DataSpec, { dataWeights, ...options }: OpenDataOptions): Promise<Dataset> {
  const specs = sourcesOf(data);
  if (dataWeights !== undefined && dataWeights.length !== specs.length) {
    throw new UsageError(
      `--data-weights needs one number for each --data, got ${String(dataWeights.length)} for ${String(specs.length)}: ${dataWeights.join(',')} for ${specs.join(', ')}. ` +
        'Write --data ./photos --data ./drawings --data-weights 0.7,0.3.',
    );
  }
  const datasets: Dataset[] = [];
  try {
    for (const spec of specs) datasets.push(await openSource(spec, options));
    const [only] = datasets;
    const dataset =
      only !== undefined && datasets.length === 1 ? only : mixDatasets(datasets.map((each, source) => ({ dataset: each, weight: dataWeights?.[source] ?? each.size })));
    reportData(dataset, datasets.flatMap((each, source) => sourceNotes(specs[source] ?? '', each)), options.output);
    return dataset;
  } catch (error) {
    for (const dataset of datasets) await dataset.close?.();
    throw error;
  }
}

/** The images of a run, or those that the flags name in their place. */
export async function openRunData(description: Pick<RunDescription, 'data' | DataOption>, flags: { readonly data?: string } & Pick<OpenDataOptions, 'split' | 'labels'>, where: Pick<OpenDataOptions, 'folder' | 'output'>): Promise<Dataset> {
  const { dataWeights, ...given } = dataOptions({ ...description, ...(flags.split === undefined ? {} : { split: flags.split }) });
  return openData(flags.data ?? description.data, {
    ...where,
    ...given,
    ...(dataWeights === undefined || flags.data !== undefined ? {} : { dataWeights }),
    ...(flags.labels === undefined ? {} : { labels: flags.labels }),
  });
}

/** The sources that `--data` names. */
export function sourcesOf(data: DataSpec): readonly string[] {
  return typeof data === 'string' ? [data] : data;
}

async function openSource(spec: string, { labels, folder, output, ...given }: Omit<OpenDataOptions, 'dataWeights'>): Promise<Dataset> {
  const located = absoluteSource(spec, folder);
  const onProgress = (line: string): void => {
    output.line(`  ${line}`);
  };
  const clash = nameClash(spec, folder);
  if (clash !== undefined) output.warn(clash);
  return openDataset(located, { labels: labels ?? 'auto', onProgress, ...asDataset(given) });
}

/** What to say where a name means a built-in set or a format, and something of that name lies there too. */
export function nameClash(spec: string, folder: string): string | undefined {
  if (!existsSync(resolve(folder, spec)) || isAbsolute(spec)) return undefined;
  if (datasetSpecs.includes(spec)) return `Note: ${spec} means the built-in set. What lies here under the same name is not used; write ./${spec} for it.`;
  const format = formatOf(spec);
  if (format === undefined) return undefined;
  return `Note: ${spec} means the format ${format.slice(0, -1)} and the path ${spec.slice(format.length)}. What lies here under the whole name is not used; write ./${spec} for it.`;
}

/** The format with its colon that a source begins with: `idx:`. */
function formatOf(spec: string): string | undefined {
  return datasetSpecs.find((known) => known.endsWith(':PATH') && spec.startsWith(known.slice(0, -4)))?.slice(0, -4);
}

/** The options of a set that a configuration or a run's description holds. */
export function dataOptions({ split, background, range, dataWeights }: Pick<OpenDataOptions, DataOption>): Pick<OpenDataOptions, DataOption> {
  return {
    ...(split === undefined ? {} : { split }),
    ...(background === undefined ? {} : { background }),
    ...(range === undefined ? {} : { range: [...range] }),
    ...(dataWeights === undefined ? {} : { dataWeights }),
  };
}

type DataOption = 'split' | 'background' | 'range' | 'dataWeights';

const colours = { white: [255, 255, 255], black: [0, 0, 0], random: 'random' } as const;

function asDataset({ split, background, range }: Pick<OpenDataOptions, 'split' | 'background' | 'range'>): Pick<OpenDatasetOptions, 'split' | 'background' | 'range'> {
  const [black, white] = range ?? [];
  if (black !== undefined && white !== undefined && !(black < white)) throw new UsageError(`--range needs the value that is black, then a larger one that is white, got ${String(black)},${String(white)}. Write --range 0,4095.`);
  return { ...(split === undefined ? {} : { split }), ...(background === undefined ? {} : { background: colours[background] }), ...(black === undefined || white === undefined ? {} : { range: [black, white] }) };
}

/** `--data` with its path made absolute, so that a run finds its data again from anywhere. */
export function absoluteData(data: DataSpec, folder: string): DataSpec {
  return typeof data === 'string' ? absoluteSource(data, folder) : data.map((spec) => absoluteSource(spec, folder));
}

function absoluteSource(spec: string, folder: string): string {
  if (datasetSpecs.includes(spec) || isAbsolute(spec)) return spec;
  const format = formatOf(spec);
  return format === undefined ? resolve(folder, spec) : `${format}${resolve(folder, spec.slice(format.length))}`;
}
