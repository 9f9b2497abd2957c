import { SslError, type StoredTensor } from '@ssl/core';
import type { ImageNormalization, ImportedBackbone, LeftOut } from './backbone/imported-backbone.js';
import { createBackbone, type BackboneDescription } from './backbone/backbone-description.js';
import { backboneFromFile } from './backbone/backbone-file.js';
import { guessSource } from './backbone/guess-source.js';
import { inferResnet } from './backbone/infer-resnet.js';
import { inferVisionTransformer } from './backbone/infer-vision-transformer.js';
import { namedNormalization } from './backbone/normalization-statistics.js';
import type { Preprocessing } from './pytorch/preprocessing.js';
import { requireFinite } from './backbone/require-finite.js';
import { requireComplete } from './backbone/require-complete.js';
import { plainTensors, requirePlainWeights, type PlainTensors } from './names/plain-tensors.js';
import { findNetwork, type FoundNetwork } from './names/find-network.js';
import { joinTensors } from './names/join-tensors.js';
import { renameTensor } from './names/rename-tensor.js';
import { layoutsOf, type WeightSource } from './names/weight-source.js';
import type { WeightsFile } from './read-weights.js';

export interface ImportBackboneOptions {
  /** Whose names the file has; 'auto' looks at them. */
  readonly from?: WeightSource | 'auto';
  /** Attention heads, where a head has not 64 features and the file does not say. */
  readonly heads?: number;
  /** Which network of a file with several: `student`. */
  readonly checkpointKey?: string;
  /** How the images of the training were normalised, where it is not the habit of the source. */
  readonly normalization?: ImageNormalization;
}

/**
 * The backbone in a file of weights, with our names: every tensor of the file is used or listed with the reason.
 *
 * Names of modules that wrap others (`_orig_mod`, `_fsdp_wrapped_module`, `module`) are taken out wherever they stand, and
 * weights kept as length and direction are put together.
 *
 * @throws SslError where there is no network that is known here, its tensors are not complete (every missing, unexpected
 *   and misshapen one is named), or values are NaN or infinite.
 * @example
 * const backbone = importBackbone(await readWeights('dinov2_vits14_pretrain.pth'));
 * backbone.description.options.registers; // 0
 */
export function importBackbone(file: WeightsFile, { from = 'auto', heads, checkpointKey, normalization }: ImportBackboneOptions = {}): ImportedBackbone {
  const { path, sha256 } = file;
  const own = backboneFromFile(file);
  if (own !== undefined) {
    requireFinite(own.tensors, path);
    return own;
  }
  if ('ssl' in file.metadata) throw new SslError(`${path} was to be a file of weights, got a checkpoint of a run. Let its name end in .safetensors and keep it in the checkpoints folder of its run.`, { from: '@ssl/weights' });
  const plain = plainTensors(file.tensors);
  const names = Object.keys(plain.tensors);
  const found = findNetwork(names, { source: path, ...(checkpointKey === undefined ? {} : { checkpointKey }) });
  const source = from === 'auto' ? guessSource(found, names) : from;
  if (!layoutsOf[source].includes(found.layout)) {
    throw new SslError(`${path} was to have names of ${source}, got those of the layout ${found.layout}. Leave the source to be guessed (ssl import FILE --from auto), or name the right one.`, { from: '@ssl/weights' });
  }
  const { tensors: renamed, leftOut, taken } = rename(plain, found);
  requirePlainWeights(taken, path);
  requireFinite(Object.fromEntries(taken.map((name) => [plain.originals.get(name)!, plain.tensors[name]!])), path);
  const joined = joinTensors(renamed);
  const { description, tensors } = found.layout.includes('resnet')
    ? { description: inferResnet(joined, path), tensors: joined }
    : inferVit(joined, file, source, heads);
  const written = writtenPreprocessing(file);
  requireComplete(tensors, createBackbone(description), path);
  return {
    description,
    tensors,
    from: source,
    root: found.prefix.replace(/\.$/, ''),
    leftOut,
    normalization: normalization ?? written.normalization ?? usualNormalization(source, description),
    ...(written.imageSize === undefined ? {} : { imageSize: written.imageSize }),
    source: path,
    sha256,
  };
}

function rename({ tensors: stored, originals }: PlainTensors, { prefix, layout, others }: FoundNetwork & { readonly others: readonly string[] }) {
  const tensors: Record<string, StoredTensor> = {};
  const leftOut: LeftOut[] = [];
  const taken: string[] = [];
  const leave = (name: string, reason: string): void => void leftOut.push({ name: originals.get(name)!, reason });
  const take = (name: string, own: string, tensor: StoredTensor): void => {
    tensors[own] = tensor;
    taken.push(name);
  };
  const maskBeside = `${prefix.replace(/vit\.$/, '')}mask_token`;
  const hasDecoder = Object.keys(stored).some((name) => name.startsWith(`${prefix}decoder_`));
  const first = `${prefix}4.0.conv1.weight` in stored && !(`${prefix}2.0.conv1.weight` in stored) ? 4 : 2;
  for (const [name, tensor] of Object.entries(stored)) {
    const lastNorm = /^layernorm\.(weight|bias)$/.exec(name)?.[1];
    if (name === maskBeside && prefix.endsWith('vit.')) take(name, 'mask_token', tensor);
    // transformers' BeitForMaskedImageModeling keeps the last norm outside.
    else if (lastNorm !== undefined && prefix === 'beit.') take(name, `norm.${lastNorm}`, tensor);
    else if (!name.startsWith(prefix)) leave(name, reasonOutside(name, prefix, others));
    else if (hasDecoder && name === `${prefix}mask_token`) leave(name, 'the decoder, whose work is done');
    else {
      const own = renameTensor(name.slice(prefix.length), layout, first);
      if ('reason' in own) leave(name, own.reason);
      else take(name, own.name, tensor);
    }
  }
  return { tensors, leftOut, taken };
}

function reasonOutside(name: string, prefix: string, others: readonly string[]): string {
  const other = others.find((root) => name.startsWith(root));
  if (other !== undefined) return `another network of the file, '${other.replace(/\.$/, '')}'`;
  if (name.startsWith('optimizer')) return "the optimizer's state";
  if (name.includes('queue')) return 'the queue of negatives';
  if (/(^|\.)decoder(_|\.)/.test(name)) return 'the decoder, whose work is done';
  return `outside of the network '${prefix.replace(/\.$/, '')}': a head, a buffer or another part of the method`;
}

function inferVit(joined: Readonly<Record<string, StoredTensor>>, { path, config }: WeightsFile, source: WeightSource, given: number | undefined): { description: BackboneDescription; tensors: Record<string, StoredTensor> } {
  const dinov2Like = 'blocks.0.ls1.gamma' in joined;
  const fromConfig = config.num_attention_heads;
  const heads = given ?? (source === 'transformers' && typeof fromConfig === 'number' ? fromConfig : undefined);
  const ownEpsilon = config.layer_norm_eps;
  const epsilon = source !== 'transformers' ? 1e-6 : typeof ownEpsilon === 'number' ? ownEpsilon : dinov2Like ? 1e-6 : 1e-12;
  const { options, tensors } = inferVisionTransformer(joined, {
    source: path,
    epsilon,
    ...(heads === undefined ? {} : { heads }),
    // timm, torchvision and MoCo v3 resize with an antialiased filter, or at load alone; the others do not.
    interpolation: (registers) => (['dino', 'mae', 'transformers'].includes(source) || (source === 'dinov2' && registers === 0) ? 'dino' : 'antialiased'),
  });
  return { description: { kind: 'vision-transformer', options }, tensors };
}

/** What `ssl export` wrote about the images of a network. */
function writtenPreprocessing({ metadata }: WeightsFile): Pick<Partial<ImportedBackbone>, 'normalization' | 'imageSize'> {
  try {
    const { input_size: size, mean, std } = JSON.parse(metadata.preprocessing ?? '{}') as Partial<Preprocessing>;
    const side: unknown = size?.[1];
    return {
      ...(Number.isInteger(side) ? { imageSize: side as number } : {}),
      ...(areNumbers(mean) && areNumbers(std) ? { normalization: namedNormalization({ mean, deviation: std }) } : {}),
    };
  } catch {
    // Of another program.
    return {};
  }
}

const areNumbers = (values: unknown): values is number[] => Array.isArray(values) && values.length > 0 && values.every(Number.isFinite);

/** BEiT and the ViT of transformers were trained on channels from -1 to 1; all others here on ImageNet's statistics. */
function usualNormalization(source: WeightSource, description: BackboneDescription): ImageNormalization {
  if (description.kind !== 'vision-transformer') return 'imagenet';
  const { naming, layerScale, positions } = description.options;
  if (naming === 'beit') return 'half';
  return source === 'transformers' && layerScale === undefined && positions === 'learned' ? 'half' : 'imagenet';
}
