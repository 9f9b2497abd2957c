const blockLength = 32;

/**
 * A list of byte strings in about the bytes in which each differs from the one before it (front coding in blocks of 32).
 * Sorted file names take a few bytes each instead of an object.
 */
export class NameTable {
  #bytes = new Uint8Array(1 << 12);
  #used = 0;
  #blocks = new Float64Array(16); // where each block starts in #bytes
  #length = 0;
  #last = '';

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory that the table holds. */
  get memory(): number {
    return this.#bytes.byteLength + this.#blocks.byteLength;
  }

  /** Appends a name, given as a latin1 string: one character for each byte. */
  push(name: string): void {
    let shared = 0;
    if (this.#length % blockLength === 0) {
      const block = this.#length / blockLength;
      if (block === this.#blocks.length) this.#blocks = grown(this.#blocks, new Float64Array(block * 2));
      this.#blocks[block] = this.#used;
    } else {
      const most = Math.min(name.length, this.#last.length);
      while (shared < most && name.charCodeAt(shared) === this.#last.charCodeAt(shared)) shared += 1;
    }
    const needed = this.#used + name.length - shared + 10;
    if (needed > this.#bytes.length) {
      this.#bytes = grown(this.#bytes, new Uint8Array(Math.ceil(Math.max(this.#bytes.length * 1.5, needed))));
    }
    this.#number(shared);
    this.#number(name.length - shared);
    for (let i = shared; i < name.length; i += 1) this.#bytes[this.#used++] = name.charCodeAt(i);
    this.#last = name;
    this.#length += 1;
  }

  /** The name at a position, one character for each byte. */
  at(position: number): string {
    if (!(position >= 0 && position < this.#length)) throw new RangeError(`no name at ${position}: the table holds ${this.#length}`);
    const block = Math.floor(position / blockLength);
    let at = this.#blocks[block] ?? 0;
    let name = '';
    const readNumber = (): number => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = this.#bytes[at++] ?? 0;
        value |= (byte & 127) << shift;
        if (byte < 128) return value;
      }
    };
    const view = Buffer.from(this.#bytes.buffer);
    for (let entry = block * blockLength; entry <= position; entry += 1) {
      const shared = readNumber();
      const length = readNumber();
      name = name.slice(0, shared) + view.toString('latin1', at, at + length);
      at += length;
    }
    return name;
  }

  /** Gives back memory that growing reserved. */
  shrink(): void {
    this.#bytes = this.#bytes.slice(0, this.#used);
    this.#blocks = this.#blocks.slice(0, Math.ceil(this.#length / blockLength));
  }

  #number(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#used++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[this.#used++] = rest;
  }
}

function grown<T extends Uint8Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
