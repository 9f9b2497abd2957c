import { encodeSafetensors, storeValues, writeFileAtomically } from '@ssl/core';
import type { Dataset } from '@ssl/data';
import type { EmbeddedImages } from '@ssl/eval';

/** Files that embeddings can be written into, by extension. */
export const embeddingFormats = ['.safetensors', '.jsonl', '.csv'] as const;

/** Writes feature vectors with the name of each image. */
export async function writeEmbeddings(path: string, format: (typeof embeddingFormats)[number], embedded: EmbeddedImages, dataset: Dataset): Promise<void> {
  const names = Array.from(embedded.indices, (index) => dataset.describe(index));
  const row = (i: number): number[] => Array.from(embedded.values.subarray(i * embedded.dimension, (i + 1) * embedded.dimension));
  const className = (i: number): string | undefined => dataset.classes?.[embedded.labels?.[i] ?? -1];
  const text = (lines: readonly string[]): Uint8Array => Buffer.from(`${lines.join('\n')}\n`);
  const bytes = {
    '.jsonl': () => text(names.map((name, i) => JSON.stringify({ name, class: className(i), features: row(i) }))),
    '.csv': () =>
      text([
        ['name', 'class', ...Array.from({ length: embedded.dimension }, (_, i) => `f${String(i)}`)].join(','),
        ...names.map((name, i) => [quoted(name), quoted(className(i) ?? ''), ...row(i)].join(',')),
      ]),
    '.safetensors': () =>
      encodeSafetensors(
        {
          features: storeValues(embedded.values, [embedded.count, embedded.dimension], 'F32'),
          indices: storeValues(embedded.indices, [embedded.count], 'I32'),
          ...(embedded.labels === undefined ? {} : { labels: storeValues(embedded.labels, [embedded.count], 'I32') }),
        },
        { names: JSON.stringify(names), ...(dataset.classes === undefined ? {} : { classes: JSON.stringify(dataset.classes) }) },
      ),
  }[format]();
  await writeFileAtomically(path, bytes);
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
