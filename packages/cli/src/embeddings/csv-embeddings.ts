import { pieces, shortest, type WriteRows } from './embedding-rows.js';

/** One line for each image: `name,class,f0,f1,…`, as RFC 4180 has it but for single line feeds. Names are written as they are, also `=1+1`. */
export const csvEmbeddings: WriteRows = async (file, rows) => {
  let begun = false;
  for await (const { rows: piece, dimension } of pieces(rows)) {
    const header = begun ? [] : [['name', 'class', ...Array.from({ length: dimension }, (_, i) => `f${String(i)}`)].join(',')];
    begun = true;
    const lines = piece.map(({ index, features }) => `${quoted(rows.nameOf(index))},${quoted(rows.classOf(index) ?? '')},${Array.from(features, shortest).join(',')}`);
    await file.writeFile(`${[...header, ...lines].join('\n')}\n`);
  }
};

/** A field of a CSV file, in quotes where it must be. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
