import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isSslError, readSafetensors } from '@ssl/core';
import { fitChannels, foldNormalization, importBackbone, readWeights, zeroWeights, type BackboneDescription, type ImportedBackbone, type WeightSource } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import type { DataFacts } from '../settings/data-facts.js';
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
  const backbone = foldNormalization(await readBackbone(path, folder, '--init'));
  const numbers = Object.values(backbone.tensors).reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
  output.line(`  init ${show(path)}  ${output.dim(`names of ${backbone.from}; ${formatCount(numbers)} numbers used, ${formatCount(backbone.leftOut.length)} tensors left out`)}`);
  warnOfZeros(backbone, output);
  return backbone;
}

/** Says where whole layers are 0: they pass nothing on. */
export function warnOfZeros({ tensors, source }: ImportedBackbone, output: Output): void {
  const zero = zeroWeights(tensors);
  if (zero.length > 0) output.warn(`All values of ${zero.slice(0, 3).join(', ')}${zero.length > 3 ? ` and ${formatCount(zero.length - 3)} more tensors` : ''} in ${show(source)} are 0: these layers pass nothing on. Look whether the file was saved before its weights were loaded.`);
}

/**
 * The weights to start from for the channels that are asked for, or else those of the images: weights for colours are fitted to
 * any number, as timm does it.
 *
 * @throws SslError for weights of another number, with both.
 */
export function startForChannels(backbone: ImportedBackbone, config: SslConfig, { channels: ofImages }: DataFacts, output: Output): ImportedBackbone {
  const own = backbone.description.options.channels ?? 3;
  const usual = (channels: number): boolean => channels === 1 || channels === 3;
  const wanted = config.channels ?? (usual(own) && usual(ofImages) ? own : ofImages);
  if (own === wanted) return backbone;
  const fitted = fitChannels(backbone, wanted);
  output.line(`  channels ${String(wanted)}  ${output.dim(`the first layer, made for 3, is ${wanted === 1 ? 'added up' : 'repeated and scaled'}, as timm's in_chans`)}`);
  return fitted;
}

/** For the run's description. */
export function describeStart({ source, sha256, from, root, description }: ImportedBackbone): StartDescription {
  return { file: source, sha256, from, root, backbone: description };
}

/** The backbone in a file of weights, in a folder with one such file, of a run's folder, or of one of its checkpoints. */
export async function readBackbone(path: string, folder: string, flag = ''): Promise<ImportedBackbone> {
  if (await isRun(path)) return backboneOfRun(await loadRun(path, folder, folder, {}, flag));
  return importBackbone(await readWeights(weightsFileAt(path)));
}

/**
 * The file of weights that a path means: of a folder, as transformers and the Hugging Face hub have them, the one in it.
 *
 * @throws UsageError for a folder with none or several.
 */
export function weightsFileAt(path: string): string {
  if (!existsSync(path)) throw new UsageError(`A file of weights was needed, ${show(path)} is not there. Check the path.`);
  if (!statSync(path).isDirectory()) return path;
  const names = readdirSync(path).filter((name) => /\.(safetensors|pth|pt|ckpt|bin|pth\.tar)$/.test(name));
  const usual = ['model.safetensors', 'pytorch_model.bin'].find((name) => names.includes(name));
  const [only] = names;
  if (usual !== undefined || (only !== undefined && names.length === 1)) return join(path, usual ?? only!);
  const what = only === undefined ? 'a folder without one' : `a folder with ${String(names.length)}: ${names.slice(0, 5).join(', ')}`;
  throw new UsageError(`A file of weights was needed, ${show(path)} is ${what}. ${only === undefined ? 'Give a .safetensors, .pth, .pt, .ckpt or .bin file, or the folder of a run.' : `Give one of them: ${show(join(path, only))}`}`);
}

/** True for the folder of a run and for a checkpoint, by its place or by what is in it. */
export async function isRun(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  if (!statSync(path).isDirectory()) return isCheckpoint(path);
  try {
    const { format } = JSON.parse(readFileSync(join(path, 'config.json'), 'utf8')) as { format?: unknown };
    return typeof format === 'string' && format.startsWith('ssl-run/');
  } catch {
    return existsSync(join(path, 'checkpoints'));
  }
}

/** True for a checkpoint that training wrote, a damaged one too, which its place tells. */
export async function isCheckpoint(path: string): Promise<boolean> {
  if (!path.endsWith('.safetensors')) return false;
  if (/^step-\d+\.safetensors$/.test(basename(path)) && existsSync(join(dirname(dirname(path)), 'config.json'))) return true;
  try {
    return 'ssl' in (await readSafetensors(path)).metadata;
  } catch (error) {
    // Of another form, whatever its name says, or damaged: reading it as weights tells which.
    if (isSslError(error)) return false;
    throw error;
  }
}

/** True for a file of weights, or a folder with one, that no run here wrote. */
export async function isBackboneFile(path: string): Promise<boolean> {
  return existsSync(path) && !(await isRun(path));
}
