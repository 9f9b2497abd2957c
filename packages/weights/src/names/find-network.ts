import { SslError } from '@ssl/core';
import { requirePlainWeights } from './plain-tensors.js';
import type { Layout } from './weight-source.js';

/** A network inside a file. */
export interface FoundNetwork {
  /** Before each of its names: `teacher.backbone.`; empty where it is the whole file. */
  readonly prefix: string;
  readonly layout: Layout;
}

/** A tensor that only one layout has, and another that tells it from a part of a larger name. */
const marks: readonly { readonly layout: Layout; readonly mark: string; readonly beside: readonly string[] }[] = [
  { layout: 'timm-vit', mark: 'patch_embed.proj.weight', beside: [] },
  { layout: 'torchvision-vit', mark: 'conv_proj.weight', beside: ['encoder.ln.weight'] },
  { layout: 'transformers-vit', mark: 'embeddings.patch_embeddings.projection.weight', beside: [] },
  { layout: 'resnet', mark: 'conv1.weight', beside: ['layer1.0.conv1.weight'] },
  { layout: 'sequential-resnet', mark: '0.weight', beside: ['4.0.conv1.weight', '2.0.conv1.weight'] },
  { layout: 'transformers-resnet', mark: 'embedder.embedder.convolution.weight', beside: [] },
];

/** Every network of a file, the one to take first: a teacher before plain ones, then students, then momentum copies. */
export function listNetworks(names: readonly string[]): FoundNetwork[] {
  const known = new Set(names);
  const found = names.flatMap((name) =>
    marks.flatMap(({ layout, mark, beside }): FoundNetwork[] => {
      const prefix = name.slice(0, name.length - mark.length);
      if (!name.endsWith(mark) || (prefix !== '' && !prefix.endsWith('.'))) return [];
      return beside.length === 0 || beside.some((other) => known.has(prefix + other)) ? [{ prefix, layout }] : [];
    }),
  );
  return found.sort((a, b) => rank(a.prefix) - rank(b.prefix));
}

function rank(prefix: string): number {
  if (/(^|[._])(encoder_k|momentum|momentum_encoder|key_encoder|target|ema)([._]|$)|_momentum\b/.test(prefix)) return 3;
  if (/(^|[._])student([._]|$)/.test(prefix)) return 2;
  return /(^|[._])teacher([._]|$)/.test(prefix) ? 0 : 1;
}

export interface FindNetworkOptions {
  /** First part of the names of the wanted network: `student`, `state_dict.module.encoder_k`. */
  readonly checkpointKey?: string;
  /** Names the file in errors. */
  readonly source: string;
}

/**
 * The network of a file, or the one of several that was asked for.
 *
 * @throws SslError where there is none, or two of the same standing.
 */
export function findNetwork(names: readonly string[], { checkpointKey, source }: FindNetworkOptions): FoundNetwork & { readonly others: readonly string[] } {
  const all = listNetworks(names);
  const fitting = checkpointKey === undefined ? all : all.filter(({ prefix }) => prefix.startsWith(`${checkpointKey}.`) || prefix.includes(`.${checkpointKey}.`));
  const [first, second] = fitting;
  const list = all.map(({ prefix }) => `'${prefix.replace(/\.$/, '')}'`).join(', ');
  if (first === undefined) {
    if (all.length === 0) requirePlainWeights(names, source);
    const got = all.length > 0 ? `networks at ${list}` : `${String(names.length)} tensors such as ${names.slice(0, 3).join(', ')}`;
    const wanted = checkpointKey === undefined ? 'a Vision Transformer or ResNet' : `a network under '${checkpointKey}'`;
    const remedy = all.length > 0 ? `Name one of these: ssl import FILE --checkpoint-key ${all[0]!.prefix.replace(/\.$/, '')}` : 'Give a file of one of these networks.';
    throw new SslError(`${source} was to hold ${wanted}, got ${got}. ${remedy}`, { from: '@ssl/weights' });
  }
  if (second !== undefined && checkpointKey === undefined && rank(second.prefix) === rank(first.prefix)) {
    throw new SslError(`${source} was to hold one network to start from, got several: ${list}. Say which: ssl import FILE --checkpoint-key ${first.prefix.replace(/\.$/, '') || second.prefix.replace(/\.$/, '')}`, { from: '@ssl/weights' });
  }
  return { ...first, others: all.filter((network) => network !== first).map(({ prefix }) => prefix) };
}
