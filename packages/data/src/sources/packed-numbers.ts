type NumberArray = Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A list of numbers that grows in a typed array. */
export class PackedNumbers<T extends NumberArray> {
  readonly #make: new (length: number) => T;
  #values: T;
  #length = 0;

  constructor(make: new (length: number) => T) {
    this.#make = make;
    this.#values = new make(64);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const more = new this.#make(Math.ceil(this.#length * 1.5));
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#length++] = value;
  }

  /** The numbers, without spare room. The list must not be used after that. */
  finish(): T {
    return this.#values.slice(0, this.#length) as T;
  }
}
