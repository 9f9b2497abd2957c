import { PickleError } from './pickle-error.js';

/** Reads a pickle from front to back, and never behind its end. */
export class ByteCursor {
  position = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly source: string;

  constructor(bytes: Uint8Array, start: number, source: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.source = source;
  }

  fail(problem: string, offset = this.position): PickleError {
    return new PickleError(`${this.source} is not a whole pickle: at byte ${String(offset)} ${problem}. Write or fetch the file again.`, { offset });
  }

  take(length: number): Uint8Array {
    const start = this.position;
    if (length < 0 || length > this.bytes.length - start) {
      throw new PickleError(
        `${this.source} ends too early: at byte ${String(start)} ${String(length)} bytes were needed, got ${String(this.bytes.length - start)}. Fetch the file again.`,
        { offset: start, truncated: true },
      );
    }
    this.position += length;
    return this.bytes.subarray(start, start + length);
  }

  private at(length: number): number {
    this.take(length);
    return this.position - length;
  }

  uint8 = (): number => this.view.getUint8(this.at(1));
  uint16 = (): number => this.view.getUint16(this.at(2), true);
  uint32 = (): number => this.view.getUint32(this.at(4), true);
  int32 = (): number => this.view.getInt32(this.at(4), true);
  float64 = (): number => this.view.getFloat64(this.at(8), false);

  /** A length of 8 bytes. */
  uint64(): number {
    const start = this.at(8);
    const value = this.view.getBigUint64(start, true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw this.fail(`a length below 2^53 was needed, got ${String(value)}`, start);
    return Number(value);
  }

  text(length: number): string {
    const start = this.position;
    const bytes = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw this.fail('text is not UTF-8', start);
    }
  }

  /** Up to the next line end, which is left out. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) this.take(this.bytes.length - this.position + 1);
    const text = this.text(end - this.position);
    this.position++;
    return text;
  }
}
