import { pieces, shortest, type WriteRows } from './embedding-rows.js';

/** One line for each image: `{"name":…,"class":…,"features":[…]}`; null where a number is not finite. */
export const jsonlEmbeddings: WriteRows = async (file, rows) => {
  for await (const { rows: piece } of pieces(rows)) {
    const lines = piece.map(({ index, features }) => {
      const known = JSON.stringify({ name: rows.nameOf(index), class: rows.classOf(index) });
      return `${known.slice(0, -1)},"features":[${Array.from(features, (value) => (Number.isFinite(value) ? shortest(value) : 'null')).join(',')}]}\n`;
    });
    await file.writeFile(lines.join(''));
  }
};
