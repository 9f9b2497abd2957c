import { SslError, type StoredTensor } from '@ssl/core';

/** Tensors one behind the other along the first axis: queries, keys and values apart become one. */
export function joinRows(parts: readonly StoredTensor[], name: string): StoredTensor {
  const [first] = parts;
  if (first === undefined || parts.some(({ dtype, shape }) => dtype !== first.dtype || String(shape.slice(1)) !== String(first.shape.slice(1)))) {
    throw new SslError(`the parts of ${name} were to be of one type and width, got ${parts.map(({ dtype, shape }) => `${dtype} [${shape.join(', ')}]`).join(' and ')}. Fetch the file again.`, { from: '@ssl/weights' });
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at);
    at += part.bytes.length;
  }
  const rows = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  return { dtype: first.dtype, shape: [rows, ...first.shape.slice(1)], bytes };
}

/**
 * Joins each block's `query`, `key` and `value` into `qkv`. Where keys have no bias and the others do (BEiT), the biases
 * become `q_bias` and `v_bias`. A relative position bias that all blocks share is given to each of them.
 *
 * @param tensors - By our names; stays as it is.
 */
export function joinTensors(tensors: Readonly<Record<string, StoredTensor>>): Record<string, StoredTensor> {
  const joined: Record<string, StoredTensor> = {};
  const blocks = new Set<string>();
  for (const [name, tensor] of Object.entries(tensors)) {
    const block = /^blocks\.\d+\./.exec(name)?.[0];
    if (block !== undefined) blocks.add(block);
    if (!/\.attn\.(query|key|value)\.(weight|bias)$/.test(name) && !name.startsWith('shared.')) joined[name] = tensor;
  }
  const shared = tensors['shared.relative_position_bias_table'];
  for (const block of blocks) {
    const part = (which: string, kind: string): StoredTensor | undefined => tensors[`${block}attn.${which}.${kind}`];
    for (const kind of ['weight', 'bias']) {
      const [query, key, value] = [part('query', kind), part('key', kind), part('value', kind)];
      if (query !== undefined && key !== undefined && value !== undefined) joined[`${block}attn.qkv.${kind}`] = joinRows([query, key, value], `${block}attn.qkv.${kind}`);
      else if (kind === 'bias' && query !== undefined && value !== undefined) {
        joined[`${block}attn.q_bias`] = query;
        joined[`${block}attn.v_bias`] = value;
      } else for (const [which, tensor] of Object.entries({ query, key, value })) if (tensor !== undefined) joined[`${block}attn.${which}.${kind}`] = tensor;
    }
    if (shared !== undefined) joined[`${block}attn.relative_position_bias_table`] = shared;
  }
  return joined;
}
