import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSafetensors } from '@ssl/core';
import { foldNormalization, importBackbone, readWeights, type BackboneDescription, type ImportedBackbone, type WeightSource } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { UsageError } from '../usage-error.js';
import { backboneOfRun } from './backbone-of-run.js';
import { loadRun } from './load-run.js';
import { show } from './run-folder.js';

/** The file that a run starts from, and the network in it: enough to build the run again without the file. */
export interface StartDescription {
  /** Where the weights come from in the end, absolute. */
  readonly file: string;
  /** The file that `--init` named, absolute: the backbone file that was made of it, for example. */
  readonly read?: string;
  readonly sha256: string;
  readonly from: WeightSource;
  readonly root: string;
  readonly backbone: BackboneDescription;
  /** Where all weights of a run were taken, heads and teacher too: what that run was. */
  readonly continued?: { readonly method: string; readonly imageSize: number; readonly step: number };
}

/**
 * Reads the weights that `--init` names: a public file, one of `ssl import`, or a run of ours.
 *
 * @throws UsageError where there is no such file, or the network is asked for twice.
 */
export async function readStart(config: SslConfig, folder: string, output: Output): Promise<ImportedBackbone | undefined> {
  const { init } = config;
  if (init === undefined) return undefined;
  if (config.network !== undefined || config.width !== undefined || config.stem !== undefined) {
    throw new UsageError('With --init the network is the one of the file. Leave out --network, --width and --stem.');
  }
  const path = resolve(folder, init);
  if (!existsSync(path)) throw new UsageError(`--init needs a file of weights (.pth, .safetensors) or a run, ${show(path)} is not there.`);
  const backbone = foldNormalization(await readBackbone(path, folder));
  const numbers = Object.values(backbone.tensors).reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
  output.line(`  init ${show(path)}  ${output.dim(`names of ${backbone.from}; ${formatCount(numbers)} numbers used, ${formatCount(backbone.leftOut.length)} tensors left out`)}`);
  return backbone;
}

/** For the run's description. */
export function describeStart({ source, sha256, from, root, description }: ImportedBackbone): StartDescription {
  return { file: source, sha256, from, root, backbone: description };
}

/** The backbone in a file of weights, of a run's folder, or of one of its checkpoints. */
export async function readBackbone(path: string, folder: string): Promise<ImportedBackbone> {
  if (statSync(path).isDirectory() ? existsSync(join(path, 'config.json')) : await isCheckpoint(path)) {
    return backboneOfRun(await loadRun(path, folder, folder));
  }
  return importBackbone(await readWeights(path));
}

/** True for a checkpoint that training wrote. */
export async function isCheckpoint(path: string): Promise<boolean> {
  return path.endsWith('.safetensors') && 'ssl' in (await readSafetensors(path)).metadata;
}

/** True for a file of weights that is no checkpoint of a run. */
export async function isBackboneFile(path: string): Promise<boolean> {
  return existsSync(path) && statSync(path).isFile() && !(await isCheckpoint(path));
}
