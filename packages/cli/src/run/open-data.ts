import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { datasetSpecs, openDataset, type Dataset, type OpenDatasetOptions } from '@ssl/data';
import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';

export interface OpenDataOptions {
  /** Classes from first-level folders; left out: where there are at least two such folders. */
  readonly labels?: boolean;
  /** Part of sets that have two. */
  readonly split?: SslConfig['split'];
  /** What lies behind drawings. */
  readonly background?: SslConfig['background'];
  /** Where relative paths start. */
  readonly folder: string;
  readonly output: Output;
}

/** Opens what `--data` names; says what is fetched. */
export async function openData(spec: string, { labels, folder, output, ...given }: OpenDataOptions): Promise<Dataset> {
  const located = absoluteData(spec, folder);
  const onProgress = (line: string): void => {
    output.line(`  ${line}`);
  };
  const open = (withLabels: boolean): Promise<Dataset> => openDataset(located, { labels: withLabels, onProgress, ...asDataset(given) });
  if (labels !== undefined) return open(labels);
  if (!hasClassFolders(located)) return open(false);
  return open(true).catch(() => open(false)); // the folders hold no images: the ones beside them are the data
}

/** The options of a set that a configuration or a run's description holds. */
export function dataOptions({ split, background }: Pick<OpenDataOptions, 'split' | 'background'>): Pick<OpenDataOptions, 'split' | 'background'> {
  return { ...(split === undefined ? {} : { split }), ...(background === undefined ? {} : { background }) };
}

const colours = { white: [255, 255, 255], black: [0, 0, 0], random: 'random' } as const;

function asDataset({ split, background }: Pick<OpenDataOptions, 'split' | 'background'>): Pick<OpenDatasetOptions, 'split' | 'background'> {
  return { ...(split === undefined ? {} : { split }), ...(background === undefined ? {} : { background: colours[background] }) };
}

/** `--data` with its path made absolute, so that a run finds its data again from anywhere. */
export function absoluteData(spec: string, folder: string): string {
  if (datasetSpecs.includes(spec) || isAbsolute(spec)) return spec;
  const format = datasetSpecs.find((known) => known.endsWith(':PATH') && spec.startsWith(known.slice(0, -4)));
  if (format === undefined) return resolve(folder, spec);
  const prefix = format.slice(0, -4);
  return `${prefix}${resolve(folder, spec.slice(prefix.length))}`;
}

function hasClassFolders(path: string): boolean {
  const folder = path.startsWith('folder:') ? path.slice('folder:'.length) : path;
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).length >= 2;
}
