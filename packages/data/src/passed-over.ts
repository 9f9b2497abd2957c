/** What a source found and did not take. */
export interface PassedOver {
  /** How many, of `what`. */
  readonly count: number;
  /** One of them, in a word or two that take an s in the plural: `.cr2 file`, `folder`, `link`, `line`. */
  readonly what: string;
  /** Why, and what helps: `camera raw, not read; develop them to .jpg or .tif first`. */
  readonly reason: string;
  /** Names of the first, relative to the data; at most {@link passedOverExamples}. */
  readonly examples: readonly string[];
  /** False for what only accompanies images (.txt, Thumbs.db): nothing that people need to be told. */
  readonly mayBeImages: boolean;
}

/** Most examples that one entry of {@link PassedOver} names. */
export const passedOverExamples = 3;

/**
 * One line for people: `10 .cr2 files: camera raw, not read; …. First: a/1.cr2, a/2.cr2`.
 * @example
 * passedOverText({ count: 1, what: 'link', reason: 'leading nowhere (ENOENT)', examples: ['cat/3.png'], mayBeImages: true });
 * // '1 link: leading nowhere (ENOENT). First: cat/3.png'
 */
export function passedOverText({ count, what, reason, examples }: PassedOver): string {
  const named = examples.length === 0 ? '' : `${count > 1 ? 'First: ' : ''}${examples.join(', ')}`;
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}: ${reason}${named === '' ? '' : `. ${named}`}`;
}

/** Counts what is passed over, by its kind and reason. */
export class PassedOverTally {
  readonly #kinds = new Map<string, { count: number; what: string; reason: string; examples: string[]; mayBeImages: boolean }>();

  add(what: string, reason: string, example: string | undefined, { count = 1, mayBeImages = true } = {}): void {
    if (count <= 0) return;
    const key = `${what}\0${reason}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) this.#kinds.set(key, (kind = { count: 0, what, reason, examples: [], mayBeImages }));
    kind.count += count;
    if (example !== undefined && kind.examples.length < passedOverExamples) kind.examples.push(example);
  }

  /** Takes the entries of another source in. */
  addAll(entries: readonly PassedOver[]): void {
    for (const { what, reason, examples, count, mayBeImages } of entries) {
      this.add(what, reason, examples[0], { count, mayBeImages });
      for (const example of examples.slice(1)) this.#example(what, reason, example);
    }
  }

  /** For the field of a dataset: nothing where nothing was passed over; what may be images first, then the most. */
  finish(): { passedOver?: readonly PassedOver[] } {
    const entries = [...this.#kinds.values()].sort((a, b) => Number(b.mayBeImages) - Number(a.mayBeImages) || b.count - a.count || (a.what < b.what ? -1 : Number(a.what > b.what)));
    return entries.length === 0 ? {} : { passedOver: entries };
  }

  #example(what: string, reason: string, example: string): void {
    const kind = this.#kinds.get(`${what}\0${reason}`);
    if (kind !== undefined && kind.examples.length < passedOverExamples) kind.examples.push(example);
  }
}
