import { storedValues, storeValues, type StoredTensor } from '@ssl/core';

/** Length and direction of a normalised weight, as `torch.nn.utils.parametrizations.weight_norm` and the older `weight_norm` name them. */
const pairs = [
  { length: /^(.*\.)?parametrizations\.(\w+)\.original0$/, direction: '$1parametrizations.$2.original1', name: '$1$2' },
  { length: /^(.*\.)?(\w+)_g$/, direction: '$1$2_v', name: '$1$2' },
] as const;

/**
 * The weight that a pair of tensors stands for: `g v / |v|`, with a norm for each entry of the first axis, or one for all.
 * Pairs of another form stay.
 *
 * @returns By name, each with the names of its parts.
 */
export function joinWeightNormalization(tensors: Readonly<Record<string, StoredTensor>>): Map<string, { readonly tensor: StoredTensor; readonly parts: readonly [string, string] }> {
  const joined = new Map<string, { tensor: StoredTensor; parts: [string, string] }>();
  for (const [lengthName, length] of Object.entries(tensors)) {
    for (const { length: pattern, direction: template, name: target } of pairs) {
      if (!pattern.test(lengthName)) continue;
      const fill = (text: string): string => lengthName.replace(pattern, text);
      const direction = tensors[fill(template)];
      const tensor = direction === undefined ? undefined : product(length, direction);
      if (tensor !== undefined && !(fill(target) in tensors)) joined.set(fill(target), { tensor, parts: [lengthName, fill(template)] });
    }
  }
  return joined;
}

function product(length: StoredTensor, direction: StoredTensor): StoredTensor | undefined {
  const rows = sizeOfShape(length.shape);
  const [first = 1, ...rest] = direction.shape;
  const fits = rows === 1 || (length.shape[0] === first && length.shape.length === direction.shape.length && rows === first);
  if (!fits || direction.shape.length === 0) return undefined;
  const values = Float32Array.from(storedValues(direction));
  const lengths = storedValues(length);
  const size = rows === 1 ? values.length : sizeOfShape(rest);
  for (let row = 0; row < rows; row++) {
    const part = values.subarray(row * size, (row + 1) * size);
    const norm = Math.sqrt(part.reduce((sum, value) => sum + value * value, 0));
    part.forEach((value, i) => {
      part[i] = (lengths[row]! * value) / norm;
    });
  }
  return storeValues(values, direction.shape, 'F32');
}

const sizeOfShape = (shape: readonly number[]): number => shape.reduce((count, side) => count * side, 1);
