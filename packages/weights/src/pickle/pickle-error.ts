import { SslError } from '@ssl/core';

/** A pickle that is damaged, or asks for what is refused. */
export class PickleError extends SslError {
  /** Byte of the pickle at which it went wrong. */
  readonly offset: number;
  /** The classes and functions that were refused. */
  readonly refused: readonly string[];
  /** True where the bytes end before the pickle does. */
  readonly truncated: boolean;

  constructor(message: string, { offset, refused = [], truncated = false }: { offset: number; refused?: readonly string[]; truncated?: boolean }) {
    super(message, { from: '@ssl/weights' });
    this.offset = offset;
    this.refused = refused;
    this.truncated = truncated;
  }
}
