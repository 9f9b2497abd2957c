import process from 'node:process';
import { main } from '../main.js';

/** How a command of this process ended. */
export interface HereResult {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

let before: Promise<unknown> = Promise.resolve();

/**
 * Runs `ssl` in this process with `folder` as the user's place, for what needs no process of its own: that saves the start of one, some
 * seconds of a slow core. Commands that are asked for at once run one after the other.
 */
export function runHere(argv: readonly string[], folder: string): Promise<HereResult> {
  const result = before.then(() => run(argv, folder));
  before = result.catch(() => undefined);
  return result;
}

async function run(argv: readonly string[], folder: string): Promise<HereResult> {
  const home = process.cwd();
  const written = { out: '', error: '' };
  const take = (stream: NodeJS.WriteStream, key: 'out' | 'error'): (() => void) => {
    const write = stream.write.bind(stream);
    stream.write = (chunk: string | Uint8Array): boolean => {
      written[key] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
      return true;
    };
    return () => {
      stream.write = write;
    };
  };
  const restore = [take(process.stdout, 'out'), take(process.stderr, 'error')];
  process.chdir(folder);
  try {
    return { code: await main(argv), ...written };
  } finally {
    process.chdir(home);
    for (const back of restore) back();
  }
}
