import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { epochOrder } from '../epoch-order.js';
import { subset } from './subset.js';

export interface SplitOptions {
  readonly seed?: number;
  /** True: images of one group come into the same part (where the dataset has groups). Parts are then only about as large as asked. */
  readonly keepGroups?: boolean;
}

export const splitDefaults: Required<SplitOptions> = { seed: 0, keepGroups: true };

/**
 * Splits a dataset at random into parts, by fraction. The same seed gives the same parts, and the parts have no image in
 * common. Each part keeps the order of the dataset.
 *
 * @param fractions Sizes of the parts, by name; above 0, their sum at most 1 (what is left over is in no part).
 * @throws SslError where fractions make no sense or a part would be empty.
 * @example
 * const { train, validation } = splitDataset(photos, { train: 0.9, validation: 0.1 });
 */
export function splitDataset<Name extends string>(
  dataset: Dataset,
  fractions: Readonly<Record<Name, number>>,
  options: SplitOptions = {},
): Record<Name, Dataset> {
  const { seed, keepGroups } = { ...splitDefaults, ...options };
  const parts = Object.entries<number>(fractions) as [Name, number][];
  const sum = parts.reduce((total, [, fraction]) => total + fraction, 0);
  if (parts.length === 0 || parts.some(([, fraction]) => !(fraction > 0)) || sum > 1 + 1e-9) {
    const got = parts.map(([name, fraction]) => `${name} ${fraction}`).join(', ');
    throw dataError(`Fractions above 0 with a sum of at most 1 were needed, got ${got === '' ? 'none' : got}. Correct them.`);
  }
  const limits: number[] = [];
  let upTo = 0;
  for (const [, fraction] of parts) limits.push(Math.round((upTo += fraction) * dataset.size));

  const partOf = keepGroups && dataset.groups !== undefined ? byGroup(dataset.groups, limits, seed) : byImage(dataset.size, limits, seed);
  const counts = new Int32Array(parts.length);
  for (let index = 0; index < dataset.size; index += 1) if ((partOf[index] ?? 0) < parts.length) counts[partOf[index] ?? 0]! += 1;
  const members = Array.from(counts, (count) => new Int32Array(count));
  counts.fill(0);
  for (let index = 0; index < dataset.size; index += 1) {
    const part = partOf[index] ?? parts.length;
    const list = members[part];
    if (list !== undefined) list[counts[part]!++] = index;
  }
  const result = {} as Record<Name, Dataset>;
  for (const [part, [name, fraction]] of parts.entries()) {
    const list = members[part] ?? new Int32Array(0);
    if (list.length === 0) {
      throw dataError(`Part ${name} (${fraction} of ${dataset.size} images) would be empty. Give it a larger fraction.`);
    }
    result[name] = subset(dataset, list, `${dataset.name} (${name})`);
  }
  return result;
}

/** The part of each image; `limits.length` for what is left over. */
function byImage(size: number, limits: readonly number[], seed: number): Uint8Array {
  const partOf = new Uint8Array(size);
  const order = epochOrder(size, seed, 0);
  for (let position = 0, part = 0; position < size; position += 1) {
    while (part < limits.length && position >= (limits[part] ?? 0)) part += 1;
    partOf[order(position)] = part;
  }
  return partOf;
}

function byGroup(groups: Int32Array, limits: readonly number[], seed: number): Uint8Array {
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const names = [...sizes.keys()].sort((a, b) => a - b);
  const order = epochOrder(names.length, seed, 0);
  const partOfGroup = new Map<number, number>();
  for (let position = 0, part = 0, images = 0; position < names.length; position += 1) {
    while (part < limits.length && images >= (limits[part] ?? 0)) part += 1;
    const group = names[order(position)] ?? 0;
    partOfGroup.set(group, part);
    images += sizes.get(group) ?? 0;
  }
  return Uint8Array.from(groups, (group) => partOfGroup.get(group) ?? limits.length);
}
