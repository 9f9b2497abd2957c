import { Writable } from 'node:stream';
import type { OutputStreams } from '../progress/output.js';

/** Streams that remember what was written, as a terminal or as a pipe. */
export function memoryStreams(terminal: boolean): OutputStreams & { readonly text: () => string; readonly errors: () => string } {
  const make = (): { stream: NodeJS.WriteStream; text: () => string } => {
    let text = '';
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        text += chunk.toString();
        done();
      },
    });
    return { stream: Object.assign(stream, { isTTY: terminal, columns: 100, rows: 30, hasColors: () => terminal, getColorDepth: () => (terminal ? 8 : 1) }) as unknown as NodeJS.WriteStream, text: () => text };
  };
  const out = make();
  const error = make();
  return { out: out.stream, error: error.stream, text: out.text, errors: error.text };
}
