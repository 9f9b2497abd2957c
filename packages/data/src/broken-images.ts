/** An image that could not be used, and why. */
export interface BrokenImage {
  /** Position in the dataset. */
  readonly index: number;
  /** Path or name. */
  readonly name: string;
  readonly reason: string;
}

/** Most records that {@link BrokenImages} keeps; the count goes on. */
export const brokenImagesListed = 100;

/** Counts broken images and lists the first of them. Each image counts once. */
export class BrokenImages {
  readonly #size: number;
  readonly #listed: BrokenImage[] = [];
  #known: Uint8Array | undefined; // one bit for each image, made when the first broken one is met
  #count = 0;

  /** @param size Number of images of the dataset. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Number of broken images met so far. */
  get count(): number {
    return this.#count;
  }

  /** The first broken images, at most {@link brokenImagesListed}. */
  get listed(): readonly BrokenImage[] {
    return this.#listed;
  }

  /** True where this image was recorded. */
  has(index: number): boolean {
    return this.#known !== undefined && ((this.#known[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }

  /** Records a broken image; false where it was known. */
  add(image: BrokenImage): boolean {
    if (this.has(image.index)) return false;
    this.#known ??= new Uint8Array(Math.ceil(this.#size / 8));
    const byte = image.index >> 3;
    this.#known[byte] = (this.#known[byte] ?? 0) | (1 << (image.index & 7));
    this.#count += 1;
    if (this.#listed.length < brokenImagesListed) this.#listed.push(image);
    return true;
  }
}
