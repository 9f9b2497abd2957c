import { childSeed, SslError } from '@ssl/core';

/**
 * Rows of a part of the labelled images, drawn class by class: the 1 % and 10 % of semi-supervised tables.
 *
 * `max(1, round(share * n_c))` images of each class; a smaller share of one seed is a part of a larger one. Rows without a class are left out.
 *
 * @param labels Class of each row, -1 for none.
 * @param share Above 0, at most 1.
 * @returns Rows in ascending order.
 * @throws SslError for a share out of range or no labelled row.
 * @example
 * shareOfLabels([0, 0, 0, 0, 1, 1], 0.5).length; // 3
 */
export function shareOfLabels(labels: ArrayLike<number>, share: number, seed = 0): Int32Array {
  const classes = new Map<number, { row: number; key: number }[]>();
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (label < 0) continue;
    const rows = classes.get(label) ?? [];
    classes.set(label, rows);
    rows.push({ row, key: childSeed(seed, row) });
  }
  if (!(share > 0 && share <= 1) || classes.size === 0) {
    throw new SslError(
      `a share of labels needs a number above 0 and at most 1, and images with a class; got ${String(share)} and ${String(classes.size)} classes. Write 0.01 for 1 %.`,
      { from: '@ssl/eval' },
    );
  }
  const drawn = [...classes.values()].flatMap((rows) =>
    rows
      .sort((a, b) => a.key - b.key)
      .slice(0, Math.max(1, Math.round(share * rows.length)))
      .map(({ row }) => row),
  );
  return Int32Array.from(drawn).sort();
}
