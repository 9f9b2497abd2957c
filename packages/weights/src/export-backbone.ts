import { SslError, type StoredTensor } from '@ssl/core';
import type { ImportedBackbone, LeftOut } from './backbone/imported-backbone.js';

export const exportTargets = ['timm', 'torchvision'] as const;
export type ExportTarget = (typeof exportTargets)[number];

export interface ExportedBackbone {
  /** By the names of the target, in PyTorch's layout. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** What the target's network has no place for. */
  readonly leftOut: readonly LeftOut[];
  /** Python that loads the file with `strict=True`, with `FILE` for its path. */
  readonly python: string;
}

/**
 * A backbone with the names of timm or torchvision, for `load_state_dict(…, strict=True)`.
 *
 * @throws SslError where the target has no such network.
 * @example
 * const { tensors, python } = exportBackbone(backbone, 'timm');
 */
export function exportBackbone({ description, tensors: own, source }: ImportedBackbone, to: ExportTarget): ExportedBackbone {
  const fail = (got: string): SslError => new SslError(`${to} was to have the network of ${source}, got ${got}. Export to ${to === 'timm' ? 'a file with ssl import' : 'timm'} instead.`, { from: '@ssl/weights' });
  const { mask_token: mask, ...tensors } = own;
  const leftOut = mask === undefined ? [] : [{ name: 'mask_token', reason: 'only masked image modelling needs it' }];
  const load = 'from safetensors.torch import load_file';
  if (description.kind === 'resnet') {
    const { width = 64, channels = 3, stem = 'imagenet' } = description.options;
    if (width !== 64 || stem !== 'imagenet' || (to === 'torchvision' && channels !== 3)) throw fail(`a ResNet of width ${String(width)} with the stem '${stem}'`);
    const create =
      to === 'torchvision'
        ? `import torch, torchvision\nmodel = torchvision.models.${description.name}()\nmodel.fc = torch.nn.Identity()`
        : `import timm\nmodel = timm.create_model('${description.name}', num_classes=0, in_chans=${String(channels)})`;
    return { tensors, leftOut: [], python: `${load}\n${create}\nmodel.load_state_dict(load_file('FILE'), strict=True)` };
  }
  if (description.kind !== 'vision-transformer') throw fail(`a ${description.kind}`);
  if (to === 'torchvision') {
    const { imageSize = 224, patchSize = 16, width = 768, depth = 12, heads = 12, layerScale, registers = 0, feedForward = 'mlp', positions = 'learned', qkvBias = true, qkNorm = false, classToken = true, normAfterPool = false } = description.options;
    const plain = layerScale === undefined && registers === 0 && feedForward === 'mlp' && ['learned', 'sincos', 'sincosRows'].includes(positions) && qkvBias === true && !qkNorm && classToken && !normAfterPool;
    if (!plain) throw fail('a Vision Transformer with layer scale, registers, SwiGLU or other parts that it does not have');
    const hidden = own['blocks.0.mlp.fc1.weight']?.shape[0] ?? 4 * width;
    const options = `image_size=${String(imageSize)}, patch_size=${String(patchSize)}, num_layers=${String(depth)}, num_heads=${String(heads)}, hidden_dim=${String(width)}, mlp_dim=${String(hidden)}`;
    return {
      tensors: Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [torchvisionName(name), tensor])),
      leftOut,
      python: `${load}\nimport torch, torchvision\nmodel = torchvision.models.VisionTransformer(${options})\nmodel.heads = torch.nn.Identity()\nmodel.load_state_dict(load_file('FILE'), strict=True)`,
    };
  }
  return { tensors, leftOut, python: `${load}\nimport torch, timm\nmodel = ${timmModel(description.options, own)}\nmodel.load_state_dict(load_file('FILE'), strict=True)` };
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
