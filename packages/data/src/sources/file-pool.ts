import { close, open, read } from 'node:fs';
import { promisify } from 'node:util';

const openFile = promisify(open);
const readFile = promisify(read);
const closeFile = promisify(close);

interface Opened {
  readonly descriptor: Promise<number>;
  users: number;
  /** Called when the last read has ended. */
  idle?: () => void;
}

/** Reads pieces of many files and keeps some of them open. */
export class FilePool {
  readonly #paths: readonly string[];
  readonly #most: number;
  readonly #opened = new Map<number, Opened>(); // least recently used first

  /** @param most Files that are kept open at most, those in use aside. */
  constructor(paths: readonly string[], most = 64) {
    this.#paths = paths;
    this.#most = most;
  }

  /** Exactly `length` bytes of file number `file` from `offset` on. Throws where the file ends before. */
  async read(file: number, offset: number, length: number, into: Uint8Array = Buffer.allocUnsafeSlow(length)): Promise<Uint8Array> {
    const opened = this.#open(file);
    opened.users += 1;
    try {
      const descriptor = await opened.descriptor;
      for (let filled = 0; filled < length; ) {
        const { bytesRead } = await readFile(descriptor, into, filled, length - filled, offset + filled);
        if (bytesRead === 0) {
          throw new Error(`${this.#paths[file] ?? ''}: ${length} bytes were needed from byte ${offset} on, the file ends at ${offset + filled}`);
        }
        filled += bytesRead;
      }
      return into;
    } finally {
      opened.users -= 1;
      if (opened.users === 0) opened.idle?.();
      this.#evict();
    }
  }

  /** Closes what is open, once its reads have ended; a later read opens again. */
  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    for (const opened of all) {
      if (opened.users > 0) await new Promise<void>((resolve) => (opened.idle = resolve));
      await opened.descriptor.then(closeFile, () => undefined);
    }
  }

  #open(file: number): Opened {
    let opened = this.#opened.get(file);
    if (opened === undefined) {
      const descriptor = openFile(this.#paths[file] ?? '', 'r');
      opened = { descriptor, users: 0 };
      descriptor.catch(() => this.#opened.delete(file)); // the next read tries again
    } else {
      this.#opened.delete(file);
    }
    this.#opened.set(file, opened);
    return opened;
  }

  #evict(): void {
    for (const [file, { descriptor, users }] of this.#opened) {
      if (this.#opened.size <= this.#most) return;
      if (users > 0) continue;
      this.#opened.delete(file);
      void descriptor.then(closeFile, () => undefined);
    }
  }
}
