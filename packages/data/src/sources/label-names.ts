import { naturalOrder } from './natural-order.js';
import { PackedNumbers } from './packed-numbers.js';

/** Collects labels given as text, packed; see {@link LabelNames.finish}. */
export class LabelNames {
  readonly #numbers = new PackedNumbers(Int32Array);
  readonly #names = new Map<string, number>();

  /** Appends the label of the next image; undefined where it has none. */
  push(name: string | undefined): void {
    let number = -1;
    if (name !== undefined) {
      number = this.#names.get(name) ?? this.#names.size;
      this.#names.set(name, number);
    }
    this.#numbers.push(number);
  }

  /**
   * Classes and labels. Whole numbers from 0 stay what they are (`classes` then fills the gaps); names are numbered in natural
   * order, so that the order of the images does not matter. Nothing where no image had a label.
   */
  finish(): { classes?: readonly string[]; labels?: Int32Array } {
    const names = [...this.#names.keys()];
    if (names.length === 0) return {};
    const numeric = names.every((name) => /^(0|[1-9]\d{0,5})$/.test(name));
    const classes = numeric
      ? Array.from({ length: Math.max(...names.map(Number)) + 1 }, (_, number) => String(number))
      : names.toSorted(naturalOrder);
    const target = new Map(classes.map((name, number) => [name, number]));
    const renumbered = Int32Array.from(names, (name) => target.get(name) ?? -1);
    return { classes, labels: this.#numbers.finish().map((number) => renumbered[number] ?? -1) };
  }
}
