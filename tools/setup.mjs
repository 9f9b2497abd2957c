// What npm start, npm test, npm run ssl, lint, typecheck and build share: everything they need is there afterwards.
// Runs before anything is installed, so it imports nothing but Node.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, constants, devNull } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isatty } from 'node:tty';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { withSetupLock } from './setup-lock.mjs';

/** The repository's root. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** A set-up problem that the user can solve: shown without a stack. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Throws where this Node is too old. `needed` is what package.json's `engines.node` says: '>=20.19'. */
export function checkNode(needed, current = process.versions.node) {
  const numbers = (version) => version.replace(/^[^\d]*/, '').split('.').map(Number);
  const [wantMajor, wantMinor = 0] = numbers(needed);
  const [major, minor] = numbers(current);
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return;
  throw new SetupError(
    `This project needs Node ${String(wantMajor)}.${String(wantMinor)} or newer; this is Node ${current} (${process.execPath}).\n` +
      'Install a newer Node (your package manager, nvm, fnm or volta have it) and run the command again.',
  );
}

/** True when the packages that pnpm-lock.yaml pins are the ones installed, and no installation was cut short. */
export function isInstalled(folder) {
  const wanted = join(folder, 'pnpm-lock.yaml');
  const present = join(folder, 'node_modules', '.pnpm', 'lock.yaml');
  if (existsSync(unfinishedMark(folder)) || !existsSync(present)) return false;
  return readFileSync(wanted).equals(readFileSync(present));
}

/** Installs the packages of pnpm-lock.yaml unless they are there. Two at once wait for each other; a killed one is repaired. */
export async function ensurePackages(folder = root, { env = process.env, output = process.stderr } = {}) {
  if (isInstalled(folder)) return false;
  return withSetupLock(folder, output, async (recordChild) => {
    if (isInstalled(folder)) return false;
    const { packageManager } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const pnpm = packageManager.split('+')[0];
    output.write(
      `Set-up: npm packages, exactly those of pnpm-lock.yaml (checksums verified by ${pnpm}).\n` +
        `  from  the registry that npm is configured for\n` +
        `  size  about 145 MB to fetch where the pnpm store does not have them, 670 MB on disk\n` +
        `  to    ${join(folder, 'node_modules')}\n`,
    );
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(unfinishedMark(folder), 'An installation is under way here, or was cut short; the next one repairs it.\n');
    await runInstall(folder, pnpm, { env, output, recordChild });
    rmSync(unfinishedMark(folder), { force: true });
    return true;
  });
}

/** Checks Node, installs packages, and fetches the engine's library (unless `engine` is false). */
export async function setUp({ engine = true } = {}) {
  checkNode(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node);
  await ensurePackages();
  if (!engine) return;
  const code = await runNode([...fromSource, join(root, 'tools', 'fetch-engine.ts')]);
  if (code !== 0) process.exit(code);
}

/** Arguments for Node that run the workspace's TypeScript sources directly. */
export const fromSource = ['--conditions=@ssl/source', '--import', pathToFileURL(join(root, 'node_modules/tsx/dist/esm/index.mjs')).href];

/** What ends a program unless it is caught; a child decides what it means (a first Ctrl-C saves a checkpoint). */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGXCPU', 'SIGALRM', 'SIGVTALRM', 'SIGPWR', 'SIGIO', 'SIGSTKFLT', 'SIGBREAK'];

/**
 * Runs Node with `args` in the foreground and resolves to its exit code, as shells count: 128 and the number of a signal that ended it.
 * Signals are passed on, and the child decides what they mean. Under nohup, whose wish Node forgets, SIGHUP is not.
 */
export function runNode(args, { cwd = process.cwd(), env = process.env } = {}) {
  return new Promise((resolve, reject) => {
    surviveLostTerminal();
    // Images are decoded in libuv's threads, 4 unless told otherwise before Node starts.
    const threads = { UV_THREADPOOL_SIZE: String(Math.max(4, availableParallelism() + 2)) };
    const kept = outlivesTerminal();
    const child = spawn(process.execPath, args, { cwd, env: { ...threads, ...env }, stdio: 'inherit' });
    const pass = (signal) => {
      if (signal !== 'SIGHUP' || !kept) child.kill(signal);
    };
    for (const signal of endingSignals) process.on(signal, pass);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      for (const name of endingSignals) process.off(name, pass);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

// The two below are those of packages/cli/src/run/endings.ts, which cannot be imported before packages are installed.

let surviving = false;

/** Node aborts when it ends and a terminal that it was started in is gone, so the descriptors of such a terminal are given up before. */
function surviveLostTerminal() {
  if (surviving) return;
  surviving = true;
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      closeSync(descriptor);
      openSync(devNull, 'r+');
    }
  });
}

/** True under nohup, which gives a standard input that can only be written to. */
function outlivesTerminal() {
  try {
    if (process.platform === 'win32' || fstatSync(0).rdev !== statSync(devNull).rdev) return false;
    readSync(0, new Uint8Array(1));
    return false;
  } catch (error) {
    return error.code === 'EBADF';
  }
}

/** Runs `main` and turns a {@link SetupError} into its message and exit code 1. */
export async function runTool(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`\n${error.message}\n`);
    process.exitCode = 1;
  }
}

function unfinishedMark(folder) {
  return join(folder, 'node_modules', '.ssl-setup-unfinished');
}

function runInstall(folder, pnpm, { env, output, recordChild }) {
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    const child = spawn(windows ? 'npx.cmd' : 'npx', ['--yes', pnpm, 'install', '--frozen-lockfile', '--reporter=ndjson'], {
      cwd: folder,
      env: { npm_config_fetch_retries: '3', npm_config_fetch_retry_mintimeout: '1000', npm_config_fetch_retry_maxtimeout: '8000', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: windows,
    });
    if (child.pid !== undefined) recordChild(child.pid);
    const bar = progressBar(output);
    const problems = [];
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parseEvent(line);
      if (event === undefined) return;
      if (event.name === 'pnpm:stats' && event.added !== undefined) bar.setTotal(event.added);
      if (event.name === 'pnpm:progress' && event.status === 'imported') bar.advance();
      if (event.level === 'error') problems.push(event.err?.message ?? event.message ?? event.msg ?? line);
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!/^npm error\s*(at |errno|syscall|address|port|type|[{}]|$)/.test(line)) problems.push(line);
    });
    child.on('error', (error) => {
      bar.end();
      reject(new SetupError(`npx could not be started (${error.message}). It comes with npm: install Node with npm and run the command again.`));
    });
    child.on('close', (code) => {
      bar.end();
      if (code === 0) resolve();
      else reject(installError(folder, pnpm, code, problems));
    });
  });
}

function parseEvent(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function installError(folder, pnpm, code, problems) {
  const detail = problems.slice(-12).map((line) => `  ${line}`).join('\n');
  const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_PNPM_META_FETCH_FAIL|ERR_SOCKET_TIMEOUT|CERT_|self-signed/i.test(detail);
  const advice = unreachable
    ? 'The npm registry cannot be reached. Missing are pnpm itself and the packages of pnpm-lock.yaml.\n' +
      '  behind a proxy or a mirror:   set HTTPS_PROXY, or `npm config set registry <address>`, and run the command again\n' +
      `  without a network at all:     run \`npx ${pnpm} install --frozen-lockfile\` in a clone on a machine with one (same system and\n` +
      `                                processor), and copy its node_modules and packages/*/node_modules into ${folder}`
    : `\`npx ${pnpm} install --frozen-lockfile\` ended with code ${String(code)}. Run it in ${folder} to see all of its output; what was fetched so far is kept.`;
  return new SetupError(`${detail === '' ? '' : `${detail}\n\n`}The packages could not be installed.\n${advice}`);
}

/** A bar that is redrawn in a terminal, and a line every fifth of the way elsewhere. */
function progressBar(output) {
  const live = output.isTTY === true;
  let total = 0;
  let done = 0;
  let shown = 0;
  const draw = () => {
    const filled = Math.min(30, Math.round((30 * done) / Math.max(1, total)));
    return `  [${'#'.repeat(filled)}${'.'.repeat(30 - filled)}] ${String(done)} of ${String(total)} packages`;
  };
  return {
    setTotal(count) {
      total = count;
    },
    advance() {
      done += 1;
      if (live) output.write(`\r${draw()}`);
      else if (total > 0 && (done >= shown + total / 5 || done === total)) {
        shown = done;
        output.write(`${draw()}\n`);
      }
    },
    end() {
      if (live && done > 0) output.write(`\r${draw()}\n`);
    },
  };
}
