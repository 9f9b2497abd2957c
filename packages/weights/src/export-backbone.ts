import { SslError, type StoredTensor } from '@ssl/core';
import type { BackboneDescription } from './backbone/backbone-description.js';
import { atImageSize } from './backbone/at-image-size.js';
import { cardMetadata } from './backbone/backbone-file.js';
import type { ImportedBackbone, LeftOut } from './backbone/imported-backbone.js';
import { torchvisionPreprocess } from './pytorch/preprocess-source.js';
import { preprocessingOf, type Preprocessing } from './pytorch/preprocessing.js';
import { pythonString } from './pytorch/python-literals.js';
import { pytorchModule } from './pytorch/pytorch-module.js';

export const exportTargets = ['pytorch', 'timm', 'torchvision'] as const;
export type ExportTarget = (typeof exportTargets)[number];

export interface ExportedBackbone {
  /** By the names of the target, in PyTorch's layout. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** What the target's network has no place for. */
  readonly leftOut: readonly LeftOut[];
  readonly preprocessing: Preprocessing;
  /** For the file's header: how images are made ready, and with our own names how the network is built again. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Python that loads the file with `strict=True` and makes `preprocess`. */
  readonly python: (place: ExportPlace) => string;
  /** For 'pytorch': a file of Python with the network, to be written beside the weights, by their file's name. */
  readonly module?: (weightsFile: string) => string;
}

/** Where an export was written, for the Python that reads it. */
export interface ExportPlace {
  /** Path of the file of weights. */
  readonly file: string;
  /** Folder and module name of the Python beside it, for 'pytorch'. */
  readonly module?: { readonly folder: string; readonly name: string };
}

/**
 * A backbone for PyTorch: with names of timm or torchvision for `load_state_dict(…, strict=True)`, or, for every network that
 * there is, with a small `nn.Module` of its own ('pytorch').
 *
 * @throws SslError where the target has no such network.
 * @example
 * const { tensors, python } = exportBackbone(backbone, 'timm');
 */
export function exportBackbone(given: ImportedBackbone, to: ExportTarget): ExportedBackbone {
  // timm's plain Vision Transformers resize positions themselves.
  const backbone = to === 'timm' && given.tensors.pos_embed !== undefined ? given : atImageSize(given);
  const { description, tensors: own } = backbone;
  const { mask_token: mask, ...tensors } = own;
  const leftOut = mask === undefined ? [] : [{ name: 'mask_token', reason: 'only masked image modelling needs it' }];
  const preprocessing = preprocessingOf(backbone);
  const metadata = { format: 'pt', preprocessing: JSON.stringify(preprocessing) };
  if (to === 'pytorch') {
    return {
      tensors,
      leftOut,
      preprocessing,
      metadata: { ...metadata, ...cardMetadata(withoutMask(backbone)) },
      module: (weightsFile) => pytorchModule(description, preprocessing, weightsFile),
      python: ({ module = { folder: '.', name: 'backbone_model' } }) =>
        [
          'import sys',
          `sys.path.insert(0, ${pythonString(module.folder)})`,
          `from ${module.name} import load_model, preprocess`,
          'model = load_model()',
          usage(preprocessing),
        ].join('\n'),
    };
  }
  const { create, rename = (name: string) => name } = to === 'torchvision' ? torchvisionNetwork(backbone) : timmNetwork(backbone);
  return {
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor])),
    leftOut,
    preprocessing,
    metadata,
    python: ({ file }) =>
      [
        'from safetensors.torch import load_file',
        ...create,
        `model.load_state_dict(load_file(${pythonString(file)}), strict=True)`,
        'model = model.eval()',
        ...torchvisionPreprocess(preprocessing),
      ].join('\n'),
  };
}

/** Its mask token is left out. */
function withoutMask(backbone: ImportedBackbone): ImportedBackbone {
  const { description } = backbone;
  return description.kind === 'vision-transformer' ? { ...backbone, description: { ...description, options: { ...description.options, maskToken: false } } } : backbone;
}

/** Lines that make the network, and its names for our tensors. */
interface LibraryNetwork {
  readonly create: readonly string[];
  readonly rename?: (name: string) => string;
}

function refused(library: string, { source }: ImportedBackbone, got: string): SslError {
  return new SslError(`${library} was to have the network of ${source}, got ${got}. Export it with an nn.Module of its own: ssl export --to pytorch`, { from: '@ssl/weights' });
}

function torchvisionNetwork(backbone: ImportedBackbone): LibraryNetwork {
  const { description, tensors } = backbone;
  const fail = (got: string): SslError => refused('torchvision', backbone, got);
  const { channels = 3 } = description.options;
  if (channels !== 3) throw fail(`one for images of ${String(channels)} channels`);
  if (description.kind === 'resnet') {
    requireUsualResnet(description, fail);
    return { create: ['import torch, torchvision', `model = torchvision.models.${description.name}()`, 'model.fc = torch.nn.Identity()'] };
  }
  if (description.kind === 'small-conv-net') throw fail('a small convolutional network of this library');
  const { imageSize = 224, patchSize = 16, width = 768, depth = 12, heads = 12, layerScale, registers = 0, feedForward = 'mlp', positions = 'learned', qkvBias = true } = description.options;
  const { qkNorm = false, classToken = true, normAfterPool = false, pool = 'class', prefixPositions = true } = description.options;
  const plain = layerScale === undefined && registers === 0 && feedForward === 'mlp' && ['learned', 'sincos', 'sincosRows'].includes(positions) && qkvBias === true;
  if (!plain || qkNorm || !classToken || normAfterPool || pool === 'mean' || !prefixPositions) {
    throw fail('a Vision Transformer with layer scale, registers, SwiGLU, averaged patches or other parts that it does not have');
  }
  const hidden = tensors['blocks.0.mlp.fc1.weight']?.shape[0] ?? 4 * width;
  const options = `image_size=${String(imageSize)}, patch_size=${String(patchSize)}, num_layers=${String(depth)}, num_heads=${String(heads)}, hidden_dim=${String(width)}, mlp_dim=${String(hidden)}`;
  return { create: ['import torch, torchvision', `model = torchvision.models.VisionTransformer(${options})`, 'model.heads = torch.nn.Identity()'], rename: torchvisionName };
}

function timmNetwork(backbone: ImportedBackbone): LibraryNetwork {
  const { description, tensors } = backbone;
  const fail = (got: string): SslError => refused('timm', backbone, got);
  if (description.kind === 'small-conv-net') throw fail('a small convolutional network of this library');
  if (description.kind === 'vision-transformer') return { create: ['import torch, timm', `model = ${timmModel(description.options, tensors)}`] };
  requireUsualResnet(description, fail);
  const { channels = 3 } = description.options;
  return { create: ['import torch, timm', `model = timm.create_model('${description.name}', num_classes=0, in_chans=${String(channels)})`] };
}

function requireUsualResnet({ options }: Extract<BackboneDescription, { kind: 'resnet' }>, fail: (got: string) => SslError): void {
  const { width = 64, stem = 'imagenet' } = options;
  if (width !== 64 || stem !== 'imagenet') throw fail(`a ResNet of width ${String(width)} with the stem '${stem}'`);
}

/** What to write next, as a comment. */
function usage({ input_size: [channels] }: Preprocessing): string {
  return channels === 1 || channels === 3
    ? '# features = model(preprocess(image)), with an image of PIL'
    : `# features = model(preprocess(bands)), with bands [${String(channels)}, height, width] from 0 to 1`;
}

function torchvisionName(name: string): string {
  return name
    .replace(/^cls_token$/, 'class_token')
    .replace(/^pos_embed$/, 'encoder.pos_embedding')
    .replace(/^patch_embed\.proj\./, 'conv_proj.')
    .replace(/^norm\./, 'encoder.ln.')
    .replace(/^blocks\.(\d+)\./, 'encoder.layers.encoder_layer_$1.')
    .replace(/\.norm([12])\./, '.ln_$1.')
    .replace('.attn.qkv.', '.self_attention.in_proj_')
    .replace('.attn.proj.', '.self_attention.out_proj.')
    .replace('.mlp.fc1.', '.mlp.0.')
    .replace('.mlp.fc2.', '.mlp.3.');
}

type VitOptions = Extract<ImportedBackbone['description'], { kind: 'vision-transformer' }>['options'];

/** The constructor call of timm's class with these options. */
function timmModel(options: VitOptions, tensors: Readonly<Record<string, StoredTensor>>): string {
  const { imageSize = 224, patchSize = 16, width = 768, depth = 12, heads = 12, channels = 3, layerScale, registers = 0, positions = 'learned', qkvBias = true } = options;
  const { qkNorm = false, classToken = true, normAfterPool = false, pool = 'class', prefixPositions = true, feedForward = 'mlp', naming = 'timm' } = options;
  const python = (value: boolean): string => (value ? 'True' : 'False');
  const hidden = tensors['blocks.0.mlp.fc1.weight']?.shape[0] ?? 4 * width;
  const common = [`img_size=${String(imageSize)}`, `patch_size=${String(patchSize)}`, `in_chans=${String(channels)}`, 'num_classes=0', `embed_dim=${String(width)}`, `depth=${String(depth)}`, `num_heads=${String(heads)}`, `mlp_ratio=${String(hidden / width)}`];
  const scale = layerScale === undefined ? 'None' : String(layerScale);
  if (naming === 'beit') {
    const more = [`qkv_bias=${python(qkvBias !== false)}`, `init_values=${scale}`, 'use_abs_pos_emb=False', `use_rel_pos_bias=${python(positions === 'relative')}`, `global_pool='${normAfterPool ? 'avg' : 'token'}'`];
    return `timm.models.beit.Beit(${[...common, ...more].join(', ')})`;
  }
  const more = [
    `qkv_bias=${python(qkvBias === true)}`,
    `qk_norm=${python(qkNorm)}`,
    `init_values=${scale}`,
    `class_token=${python(classToken)}`,
    `reg_tokens=${String(registers)}`,
    `no_embed_class=${python(!prefixPositions)}`,
    `pos_embed='${positions === 'none' ? 'none' : 'learn'}'`,
    `global_pool='${pool === 'mean' ? 'avg' : 'token'}'`,
    `fc_norm=${python(normAfterPool)}`,
    ...(feedForward === 'swiglu' ? ['mlp_layer=timm.layers.SwiGLUPacked', 'act_layer=torch.nn.SiLU'] : []),
    'dynamic_img_size=True',
  ];
  return `timm.models.vision_transformer.VisionTransformer(${[...common, ...more].join(', ')})`;
}
