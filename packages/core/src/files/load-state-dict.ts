import type { Variables } from '../modules/module.js';
import { readSafetensors } from './read-safetensors.js';
import { fromStateDict, type FromStateDictOptions } from './state-dict.js';

/**
 * Reads a network from a safetensors file with PyTorch's names.
 *
 * @param template - What `init` of the network gave; stays as it is.
 * @returns New tensors; the caller disposes of them.
 * @throws SslError where the file is damaged or does not fit, with every missing, unexpected and misshapen tensor.
 * @example
 * await loadStateDict('resnet18.safetensors', network.init(0), { ignore: (name) => name.startsWith('fc.') });
 */
export async function loadStateDict(
  path: string,
  template: Variables,
  options: Omit<FromStateDictOptions, 'source'> = {},
): Promise<Variables> {
  const { tensors } = await readSafetensors(path);
  return fromStateDict(tensors, template, { ...options, source: path });
}
