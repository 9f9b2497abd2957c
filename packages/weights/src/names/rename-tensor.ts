import type { Layout } from './weight-source.js';

/** What becomes of a tensor of the file: our name for it, or why it is left out. */
export type Renamed = { readonly name: string } | { readonly reason: string };

type Rule = readonly [pattern: RegExp, replacement: string];

const attention: readonly Rule[] = [
  [/^encoder\.layer\.(\d+)\.attention\.attention\.relative_position_bias\.relative_position_bias_table$/, 'blocks.$1.attn.relative_position_bias_table'],
  [/^encoder\.relative_position_bias\.relative_position_bias_table$/, 'shared.relative_position_bias_table'],
  [/^encoder\.layer\.(\d+)\.attention\.(?:attention\.)?(query|key|value)\./, 'blocks.$1.attn.$2.'],
  [/^encoder\.layer\.(\d+)\.attention\.output\.dense\./, 'blocks.$1.attn.proj.'],
];

/** Names of each layout in timm's, or torchvision's for ResNets. */
const rules: Readonly<Record<Layout, readonly Rule[]>> = {
  'timm-vit': [
    // DINOv2 in training keeps its blocks in chunks, numbered through.
    [/^blocks\.\d+\.(\d+)\./, 'blocks.$1.'],
    [/\.mlp\.w12\./, '.mlp.fc1.'],
    [/\.mlp\.w3\./, '.mlp.fc2.'],
    [/^register_tokens$/, 'reg_token'],
    [/^rel_pos_bias\.relative_position_bias_table$/, 'shared.relative_position_bias_table'],
  ],
  'torchvision-vit': [
    [/^class_token$/, 'cls_token'],
    [/^encoder\.pos_embedding$/, 'pos_embed'],
    [/^conv_proj\./, 'patch_embed.proj.'],
    [/^encoder\.ln\./, 'norm.'],
    [/^encoder\.layers\.encoder_layer_(\d+)\.ln_([12])\./, 'blocks.$1.norm$2.'],
    [/^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.in_proj_(weight|bias)$/, 'blocks.$1.attn.qkv.$2'],
    [/^encoder\.layers\.encoder_layer_(\d+)\.self_attention\.out_proj\./, 'blocks.$1.attn.proj.'],
    [/^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:0|linear_1)\./, 'blocks.$1.mlp.fc1.'],
    [/^encoder\.layers\.encoder_layer_(\d+)\.mlp\.(?:3|linear_2)\./, 'blocks.$1.mlp.fc2.'],
  ],
  'transformers-vit': [
    ...attention,
    [/^embeddings\.cls_token$/, 'cls_token'],
    [/^embeddings\.mask_token$/, 'mask_token'],
    [/^embeddings\.register_tokens$/, 'reg_token'],
    [/^embeddings\.position_embeddings$/, 'pos_embed'],
    [/^embeddings\.patch_embeddings\.projection\./, 'patch_embed.proj.'],
    [/^encoder\.layer\.(\d+)\.(?:layernorm_before|norm1)\./, 'blocks.$1.norm1.'],
    [/^encoder\.layer\.(\d+)\.(?:layernorm_after|norm2)\./, 'blocks.$1.norm2.'],
    [/^encoder\.layer\.(\d+)\.(?:intermediate\.dense|mlp\.fc1|mlp\.weights_in)\./, 'blocks.$1.mlp.fc1.'],
    [/^encoder\.layer\.(\d+)\.(?:output\.dense|mlp\.fc2|mlp\.weights_out)\./, 'blocks.$1.mlp.fc2.'],
    [/^encoder\.layer\.(\d+)\.layer_scale([12])\.lambda1$/, 'blocks.$1.ls$2.gamma'],
    [/^encoder\.layer\.(\d+)\.lambda_([12])$/, 'blocks.$1.gamma_$2'],
    [/^layernorm\./, 'norm.'],
    [/^pooler\.layernorm\./, 'fc_norm.'],
  ],
  resnet: [[/\.shortcut\.([01])\./, '.downsample.$1.']],
  'sequential-resnet': [
    [/^0\./, 'conv1.'],
    [/^1\./, 'bn1.'],
    [/\.shortcut\.([01])\./, '.downsample.$1.'],
  ],
  'transformers-resnet': [
    [/^embedder\.embedder\.convolution\./, 'conv1.'],
    [/^embedder\.embedder\.normalization\./, 'bn1.'],
  ],
};

const classifier = "the classifier or the method's head";
const leftOut: readonly (readonly [RegExp, string])[] = [
  [/(^|\.)num_batches_tracked$/, 'a counter'],
  [/(^|\.)relative_position_index$/, 'follows from the image size'],
  [/^(fc|linear|head|heads|head_dist|lm_head|classifier|pre_logits|projector|projection_head|prediction_head|predictor|prototypes|last_layer|contrastive_head|momentum_\w+)\./, classifier],
  [/^pooler\.dense\./, "transformers' pooler, which its self-supervised models do not have"],
  [/^decoder(_|\.)/, "the decoder, whose work is done"],
];

/**
 * Our name for a tensor of the network.
 *
 * @param name - Without the network's prefix.
 * @param first - Index of the first stage in a sequential ResNet: 4 with activation and pooling as modules, 2 without.
 */
export function renameTensor(name: string, layout: Layout, first = 4): Renamed {
  const reason = leftOut.find(([pattern]) => pattern.test(name))?.[1];
  if (reason !== undefined) return { reason };
  const renamed = rules[layout].reduce((current, [pattern, replacement]) => current.replace(pattern, replacement), name);
  if (layout === 'sequential-resnet') return { name: renamed.replace(/^(\d+)\./, (_, index: string) => `layer${String(Number(index) - first + 1)}.`) };
  if (layout === 'transformers-resnet') return { name: stageOf(renamed) };
  return { name: renamed };
}

/** `encoder.stages.1.layers.0.layer.2.convolution.weight` is `layer2.0.conv3.weight`. */
function stageOf(name: string): string {
  return name
    .replace(/^encoder\.stages\.(\d+)\.layers\.(\d+)\./, (_, stage: string, block: string) => `layer${String(Number(stage) + 1)}.${block}.`)
    .replace(/\.layer\.(\d+)\.(convolution|normalization)\./, (_, index: string, kind: string) => `.${kind === 'convolution' ? 'conv' : 'bn'}${String(Number(index) + 1)}.`)
    .replace('.shortcut.convolution.', '.downsample.0.')
    .replace('.shortcut.normalization.', '.downsample.1.');
}
