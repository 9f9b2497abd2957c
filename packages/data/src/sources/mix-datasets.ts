import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { imageName } from '../image-name.js';

/** One source of a mixture. */
export interface MixtureSource {
  readonly dataset: Dataset;
  /** Share of the images, relative to the other weights. */
  readonly weight: number;
}

/**
 * Several datasets as one, in which each has the share of images that its weight says. One epoch shows every image of every
 * source at least once: the source that is largest for its weight comes once, images of the others repeat. Without shuffling,
 * the sources follow one another. Classes of the same name become one. Groups of different sources stay apart.
 *
 * @throws SslError where the weights make no sense or the channels differ.
 * @example
 * const data = mixDatasets([{ dataset: photos, weight: 0.8 }, { dataset: drawings, weight: 0.2 }]);
 */
export function mixDatasets(sources: readonly MixtureSource[]): Dataset {
  const wrong = sources.find(({ dataset, weight }) => !(weight > 0 && Number.isFinite(weight)) || dataset.size === 0);
  if (sources.length === 0 || wrong !== undefined) {
    const came = wrong === undefined ? 'none' : `${wrong.dataset.name} (${wrong.dataset.size} images) with weight ${wrong.weight}`;
    throw dataError(`Sources with images and weights above 0 were needed, got ${came}. Correct the list.`);
  }
  const channels = Math.max(...sources.map(({ dataset }) => dataset.channels));
  const other = sources.find(({ dataset }) => dataset.channels !== channels && !(channels === 3 && dataset.channels === 1));
  if (other !== undefined) {
    throw dataError(`Sources of ${channels} channels were needed, ${other.dataset.name} has ${other.dataset.channels}. Leave it out.`);
  }
  const length = Math.max(...sources.map(({ dataset, weight }) => dataset.size / weight));
  const starts = [0];
  for (const { dataset, weight } of sources) starts.push((starts.at(-1) ?? 0) + Math.max(dataset.size, Math.round(weight * length)));
  const size = starts.at(-1) ?? 0;
  if (size >= 2 ** 31) throw dataError(`A mixture of fewer than 2^31 images was needed, these weights give ${size}. Make them more even.`);

  const locate = (index: number): { readonly dataset: Dataset; readonly inside: number; readonly source: number } => {
    const source = Math.max(0, starts.findLastIndex((start) => start <= index));
    const dataset = sources[Math.min(source, sources.length - 1)]!.dataset;
    return { dataset, source, inside: (index - (starts[source] ?? 0)) % dataset.size };
  };
  const spread = (valuesOf: (dataset: Dataset, source: number) => (inside: number) => number): Int32Array => {
    const result = new Int32Array(size);
    for (const [source, { dataset }] of sources.entries()) {
      const value = valuesOf(dataset, source);
      const start = starts[source] ?? 0;
      for (let index = start; index < (starts[source + 1] ?? size); index += 1) result[index] = value((index - start) % dataset.size);
    }
    return result;
  };

  const sourceNames = distinctNames(sources.map(({ dataset }) => dataset.name));
  return {
    name: sources.map(({ dataset }) => dataset.name).join(' + '),
    size,
    channels,
    ...mixedLabels(sources, spread),
    ...mixedGroups(sources, spread),
    ...(sources.some(({ dataset }) => dataset.caption !== undefined)
      ? {
          caption: async (index: number) => {
            const { dataset, inside } = locate(index);
            return dataset.caption?.(inside);
          },
        }
      : {}),
    describe: (index) => {
      const { dataset, inside } = locate(index);
      return dataset.describe(inside);
    },
    nameOf: (index) => {
      const { dataset, inside, source } = locate(index);
      return `${sourceNames[source] ?? ''}/${imageName(dataset, inside)}`;
    },
    read: (index) => {
      const { dataset, inside } = locate(index);
      return dataset.read(inside);
    },
    close: async () => {
      for (const { dataset } of sources) await dataset.close?.();
    },
  };
}

/** The names, with a number behind each that came before: photos, photos-2. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let distinct = name;
    for (let number = 2; taken.has(distinct); number += 1) distinct = `${name}-${number}`;
    taken.add(distinct);
    return distinct;
  });
}

type Spread = (valuesOf: (dataset: Dataset, source: number) => (inside: number) => number) => Int32Array;

function mixedLabels(sources: readonly MixtureSource[], spread: Spread): { classes?: readonly string[]; labels?: Int32Array } {
  const classes = [...new Set(sources.flatMap(({ dataset }) => dataset.classes ?? []))];
  if (classes.length === 0) return {};
  const numbers = new Map(classes.map((name, number) => [name, number]));
  const labels = spread(({ classes: names = [], labels: own }) => {
    const target = names.map((name) => numbers.get(name) ?? -1);
    return (inside) => target[own?.[inside] ?? -1] ?? -1;
  });
  return { classes, labels };
}

/** Where a source has no groups, each of its images is a group of its own, so that its repetitions do not meet. */
function mixedGroups(sources: readonly MixtureSource[], spread: Spread): { groups: Int32Array } {
  const firsts: number[] = [];
  let first = 0;
  for (const { dataset } of sources) {
    firsts.push(first);
    first += dataset.groups === undefined ? dataset.size : dataset.groups.reduce((a, b) => Math.max(a, b), 0) + 1;
  }
  return { groups: spread(({ groups }, source) => (inside) => (firsts[source] ?? 0) + (groups?.[inside] ?? inside)) };
}
