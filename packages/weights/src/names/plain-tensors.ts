import { SslError, type StoredTensor } from '@ssl/core';
import { plainNames } from './plain-names.js';
import { joinWeightNormalization } from './weight-normalization.js';

/** Tensors under the names that their network has without anything around its modules. */
export interface PlainTensors {
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** The file's own name of each. */
  readonly originals: ReadonlyMap<string, string>;
}

/** Takes the names of wrapping modules away, and puts normalised weights together. */
export function plainTensors(stored: Readonly<Record<string, StoredTensor>>): PlainTensors {
  const plain = plainNames(Object.keys(stored));
  const all = Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [plain.get(name)!, tensor]));
  const originals = new Map([...plain].map(([name, short]) => [short, name]));
  const joined = joinWeightNormalization(all);
  const parts = new Set([...joined.values()].flatMap(({ parts: two }) => two));
  for (const [name, { parts: two }] of joined) originals.set(name, two.map((part) => originals.get(part)!).join(' and '));
  const whole = Object.entries(all).filter(([name]) => !parts.has(name));
  return { tensors: Object.fromEntries([...whole, ...[...joined].map(([name, { tensor }]): [string, StoredTensor] => [name, tensor])]), originals };
}

const unmerged: readonly { readonly pattern: RegExp; readonly what: string; readonly remedy: string }[] = [
  { pattern: /(^|\.)(lora_[A-Za-z_]+|ia3_l|oft_r|hada_[a-z0-9_]+)(\.|$)/, what: "an adapter's tensors beside the weights", remedy: "Put them into the weights in Python (model = model.merge_and_unload()) and save model.state_dict()" },
  { pattern: /(^|\.)_flat_param(_\d+)?$/, what: 'parameters that FSDP has flattened', remedy: 'Save the full state dictionary (StateDictType.FULL_STATE_DICT)' },
  { pattern: /(weight|bias)_mask$/, what: 'pruned weights', remedy: "Make the pruning permanent in Python (torch.nn.utils.prune.remove(module, 'weight')) and save model.state_dict()" },
  { pattern: /(^|\.)parametrizations\.|_orig$/, what: 'parametrized weights', remedy: "Make the weights plain in Python (torch.nn.utils.parametrize.remove_parametrizations(module, 'weight'), or remove_spectral_norm) and save model.state_dict()" },
];

/** @throws SslError for weights that have to be computed from several tensors in a way that is not known here. */
export function requirePlainWeights(names: readonly string[], source: string): void {
  for (const { pattern, what, remedy } of unmerged) {
    const found = names.filter((name) => pattern.test(name));
    if (found.length > 0) throw new SslError(`${source} was to hold plain weights, got ${what}: ${found.slice(0, 3).join(', ')}${found.length > 3 ? `, … (${String(found.length)})` : ''}. ${remedy}.`, { from: '@ssl/weights' });
  }
}
