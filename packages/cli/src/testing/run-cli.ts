import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** How a command ended. */
export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

export interface RunCliOptions {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs before the command in the same shell, in a mount namespace of its own. */
  readonly prepare?: string;
  /** Runs after it, in the same shell. */
  readonly after?: string;
  /** Sees the output as it grows, and may send signals, or stop reading as `| head` does. */
  readonly watch?: (out: string, kill: (signal: NodeJS.Signals) => void, stopReading: () => void) => void;
}

const root = join(import.meta.dirname, '..', '..', '..', '..');
const command = [
  process.execPath,
  '--conditions=@ssl/source',
  '--import',
  pathToFileURL(join(root, 'node_modules', 'tsx', 'dist', 'esm', 'index.mjs')).href,
  join(root, 'packages', 'cli', 'src', 'bin.ts'),
];

/** Runs `ssl` from source in a process of its own, as a user does. */
export function runCli(argv: readonly string[], { folder, env = {}, prepare, after = '', watch }: RunCliOptions): Promise<CliResult> {
  const [program = '', ...rest] =
    prepare === undefined ? [...command, ...argv] : ['unshare', '-Urm', 'sh', '-c', `${prepare}\n"$@"\ncode=$?\n${after}\nexit $code`, 'sh', ...command, ...argv];
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '', VITEST: '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let error = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      watch?.(
        out,
        (signal) => child.kill(signal),
        () => child.stdout.destroy(),
      );
    });
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({ code, signal, out, error });
    });
  });
}
