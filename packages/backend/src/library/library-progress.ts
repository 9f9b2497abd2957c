/** News of a fetch. */
export type LibraryProgress =
  /** A sentence for the user: what is fetched, how large, where to; that another process is waited for. */
  | { readonly kind: 'message'; readonly text: string }
  /** How far a phase has come. */
  | {
      readonly kind: 'bytes';
      readonly phase: 'download' | 'unpack' | 'verify';
      readonly done: number;
      readonly total: number;
    };

/** Where {@link progressPrinter} writes: a terminal or a pipe. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const barWidth = 30;

/**
 * Prints progress: a bar that redraws itself on a terminal; elsewhere a plain line about every 10 %, without
 * control characters.
 */
export function progressPrinter(stream: ProgressStream): (progress: LibraryProgress) => void {
  let printed = '';
  let open = false;
  return (progress) => {
    if (progress.kind === 'message') {
      stream.write(`${open ? '\n' : ''}${progress.text}\n`);
      open = false;
      printed = '';
      return;
    }
    const { phase, done, total } = progress;
    const fraction = total === 0 ? 1 : Math.min(1, done / total);
    const amount = `${megabytes(done)} of ${megabytes(total)} MB`;
    const percent = Math.floor(fraction * 100);
    if (stream.isTTY === true) {
      const filled = Math.round(fraction * barWidth);
      const line = `${phase.padEnd(8)} [${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${percent} %  ${amount}`;
      if (line === printed) return;
      stream.write(`\r${line}${fraction === 1 ? '\n' : ''}`);
      open = fraction !== 1;
      printed = line;
    } else {
      const step = `${phase} ${Math.floor(percent / 10)}`;
      if (step === printed) return;
      stream.write(`${phase}: ${percent} % (${amount})\n`);
      printed = step;
    }
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
