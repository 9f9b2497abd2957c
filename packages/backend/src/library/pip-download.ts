import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SslError } from '@ssl/core';

export interface PipRequest {
  readonly requirement: string;
  readonly platformTags: readonly string[];
  /** Empty folder for the wheel. */
  readonly target: string;
  /** Folder for pip's own temporary files, where the growing download is watched. */
  readonly scratch: string;
  /** Ends the error message: how to supply the file by hand. */
  readonly byHand: string;
  readonly onBytes?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Names under which Python is looked for. */
export const pythonCommands: readonly string[] = ['python3', 'python'];

/** The arguments for pip: the machine's own Python may be of any version, the wheel is for a named one. */
export function pipArguments(requirement: string, platformTags: readonly string[]): string[] {
  return [
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    ...platformTags.flatMap((tag) => ['--platform', tag]),
    requirement,
  ];
}

/** Lets pip fetch one wheel: it knows the user's index, proxy and certificates. Returns the wheel's path. */
export async function pipDownload(request: PipRequest, commands = pythonCommands): Promise<string> {
  const { requirement, platformTags, target, scratch, byHand, onBytes, signal } = request;
  const python = await findPip(commands, byHand);
  let most = 0; // pip moves the file at the end, and for a moment there is less of it
  const watch = setInterval(() => {
    void Promise.all([bytesIn(scratch), bytesIn(target)]).then(([a, b]) => onBytes?.((most = Math.max(most, a + b))));
  }, 250);
  try {
    const { code, output } = await run(
      python,
      [
        '-m',
        'pip',
        ...pipArguments(requirement, platformTags),
        '--dest',
        target,
        '--disable-pip-version-check',
        '--no-input',
        '--progress-bar',
        'off',
        '--retries',
        '2',
        '--timeout',
        '20',
      ],
      { ...process.env, TMPDIR: scratch, PYTHONUNBUFFERED: '1' },
      signal,
    );
    signal?.throwIfAborted();
    if (code !== 0) throw pipFailure(requirement, output, byHand);
  } finally {
    clearInterval(watch);
  }
  const wheel = (await readdir(target)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new SslError(`pip should have put a wheel of ${requirement} into ${target}, but there is none. ${byHand}`, {
      from: '@ssl/backend',
    });
  }
  return join(target, wheel);
}

async function findPip(commands: readonly string[], byHand: string): Promise<string> {
  let withoutPip: string | undefined;
  for (const command of commands) {
    const result = await run(command, ['-m', 'pip', '--version'], process.env).catch(() => undefined);
    if (result?.code === 0) return command;
    if (result !== undefined) withoutPip ??= command;
  }
  throw new SslError(
    withoutPip === undefined
      ? `python3 with pip is needed to fetch libtensorflow, but no python3 was found. Install it (apt install python3-pip, brew install python). ${byHand}`
      : `pip is needed to fetch libtensorflow, but '${withoutPip} -m pip' does not run. Install it (apt install python3-pip, or python3 -m ensurepip). ${byHand}`,
    { from: '@ssl/backend' },
  );
}

/** Turns pip's output into what was needed, what came, what to do. */
export function pipFailure(requirement: string, output: string, byHand: string): SslError {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const last = lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? 'no output';
  const reason = /No space left on device|Errno 28/.test(output)
    ? 'the disk is full. Make room or set SSL_CACHE to a folder on another disk'
    : /NewConnectionError|ConnectTimeout|ReadTimeout|Temporary failure in name|Name or service|nodename nor servname|Network is unreachable|ProxyError|ConnectionRefused|Connection refused|Max retries|SSLError/.test(
          output,
        )
      ? `the package index cannot be reached. Check the network, the proxy and pip's index (pip config list)`
      : output.includes('No matching distribution')
        ? `pip's index has no such wheel. Check which index pip asks (pip config list)`
        : 'pip failed';
  return new SslError(`${requirement} was to be fetched with pip, but ${reason}. pip said: ${last.trim()}\n${byHand}`, {
    from: '@ssl/backend',
  });
}

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-20_000);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
