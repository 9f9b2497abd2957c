/** Keeps the pieces used last; two callers who want the same piece wait for one reading of it. */
export class PieceCache<Piece> {
  readonly #load: (number: number) => Promise<Piece>;
  readonly #most: number;
  readonly #pieces = new Map<number, Promise<Piece>>(); // least recently used first

  constructor(most: number, load: (number: number) => Promise<Piece>) {
    this.#most = most;
    this.#load = load;
  }

  get(number: number): Promise<Piece> {
    let piece = this.#pieces.get(number);
    if (piece === undefined) {
      piece = this.#load(number);
      piece.catch(() => this.#pieces.delete(number)); // the next one tries again
    } else {
      this.#pieces.delete(number);
    }
    this.#pieces.set(number, piece);
    for (const oldest of this.#pieces.keys()) {
      if (this.#pieces.size <= this.#most) break;
      this.#pieces.delete(oldest);
    }
    return piece;
  }

  clear(): void {
    this.#pieces.clear();
  }
}
