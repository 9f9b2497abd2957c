import type { Variables } from '../modules/module.js';
import { encodeSafetensors } from './encode-safetensors.js';
import { toStateDict } from './state-dict.js';
import { writeFileAtomically } from './write-file-atomically.js';

export interface SaveStateDictOptions {
  /** F32 keeps every bit; BF16 and F16 halve the file. */
  readonly floatType?: 'F32' | 'BF16' | 'F16';
  /** Strings for the file's header; `format: 'pt'` is always there, which PyTorch libraries look for. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a network as a safetensors file that PyTorch loads with `strict=True` into the model of the same name.
 *
 * @throws SslError where the file cannot be written; a file that was there before stays whole.
 * @example
 * await saveStateDict('resnet18.safetensors', resnet18().init(0));
 */
export async function saveStateDict(
  path: string,
  variables: Variables,
  { floatType = 'F32', metadata = {} }: SaveStateDictOptions = {},
): Promise<void> {
  const stored = await toStateDict(variables, { floatType });
  await writeFileAtomically(path, encodeSafetensors(stored, { ...metadata, format: 'pt' }));
}
