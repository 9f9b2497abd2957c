import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const setup = pathToFileURL(join(import.meta.dirname, 'setup.mjs')).href;
const lock = pathToFileURL(join(import.meta.dirname, 'setup-lock.mjs')).href;
let folder = '';
let project = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-setup-test-'));
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ packageManager: 'pnpm@10.34.8+sha512.abc' }));
  writeFileSync(join(project, 'pnpm-lock.yaml'), 'lock: 1\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a stand-in for npx first in PATH; it writes what it was called with into calls.txt. */
function fakeNpx(body: string): NodeJS.ProcessEnv {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\necho "$@" >> "${folder}/calls.txt"\n${body}\n`);
  chmodSync(join(bin, 'npx'), 0o755);
  return { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
}

const succeeds = (seconds = 0): string => `sleep ${String(seconds)}
echo '{"name":"pnpm:stats","added":2}'
echo '{"name":"pnpm:progress","status":"imported"}'
echo '{"name":"pnpm:progress","status":"imported"}'
mkdir -p node_modules/.pnpm && cp pnpm-lock.yaml node_modules/.pnpm/lock.yaml`;

const script = (): string[] => [
  '--input-type=module',
  '-e',
  `import { ensurePackages, runTool } from '${setup}'; await runTool(async () => { console.log(await ensurePackages(${JSON.stringify(project)})); return 0; });`,
];

function install(env: NodeJS.ProcessEnv): { code: number | null; out: string; error: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, script(), { env, encoding: 'utf8' });
  return { code: status, out: stdout, error: stderr };
}

function installInBackground(env: NodeJS.ProcessEnv): { kill: () => void; done: Promise<{ code: number | null; out: string; error: string }> } {
  const child = spawn(process.execPath, script(), { env });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  const done = new Promise<{ code: number | null; out: string; error: string }>((resolve) => {
    child.on('close', (code) => {
      resolve({ code, out, error });
    });
  });
  return { kill: () => child.kill('SIGKILL'), done };
}

const calls = (): string[] => (existsSync(join(folder, 'calls.txt')) ? readFileSync(join(folder, 'calls.txt'), 'utf8').trim().split('\n') : []);

describe('the installation', () => {
  test('says what it fetches, shows progress without control characters, and runs once', () => {
    const env = fakeNpx(succeeds());
    const { code, out, error } = install(env);
    expect({ code, out }).toEqual({ code: 0, out: 'true\n' });
    expect(error).toMatch(/exactly those of pnpm-lock\.yaml \(checksums verified by pnpm@10\.34\.8\)/);
    expect(error).toMatch(/2 of 2 packages/);
    // eslint-disable-next-line no-control-regex
    expect(error).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(install(env).out).toBe('false\n');
    expect(calls()).toEqual(['--yes pnpm@10.34.8 install --frozen-lockfile --reporter=ndjson']);
  });

  test('runs again when the lockfile changed', () => {
    const env = fakeNpx(succeeds());
    install(env);
    writeFileSync(join(project, 'pnpm-lock.yaml'), 'lock: 2\n');
    expect(install(env).out).toBe('true\n');
  });

  test('without a network says what is missing and how to supply it by hand', () => {
    const { code, error } = install(fakeNpx("echo 'npm error code ENOTFOUND' >&2; exit 1"));
    expect(code).toBe(1);
    expect(error).toMatch(/ENOTFOUND/);
    expect(error).toMatch(/registry cannot be reached\. Missing are pnpm itself and the packages of pnpm-lock\.yaml/);
    expect(error).toMatch(/HTTPS_PROXY/);
    expect(error).toMatch(/copy its node_modules/);
  });

  test('that failed otherwise shows what pnpm said, and the next run tries again', () => {
    const bad = fakeNpx(`echo '{"level":"error","err":{"message":"ERR_PNPM_OUTDATED_LOCKFILE"}}'; exit 1`);
    expect(install(bad)).toMatchObject({ code: 1, error: expect.stringMatching(/ERR_PNPM_OUTDATED_LOCKFILE[\s\S]*ended with code 1/) as string });
    expect(install(fakeNpx(succeeds())).out).toBe('true\n');
  });

  test('that was killed is repaired by the next run, which waits for an installer that outlived its parent', async () => {
    const env = fakeNpx(succeeds(2));
    const first = installInBackground(env);
    while (calls().length === 0) await wait(20);
    await wait(100); // the child's number is written down right after it started
    first.kill();
    await first.done;
    const second = await installInBackground(env).done;
    expect(second).toMatchObject({ code: 0, out: 'true\n' });
    expect(second.error).toMatch(/Another set-up of this folder is under way \(process \d+, lock file .*\); waiting for it/);
    expect(calls()).toHaveLength(2);
  });

  test('of two at once happens once', async () => {
    const env = fakeNpx(succeeds(1));
    const results = await Promise.all([installInBackground(env).done, installInBackground(env).done]);
    expect(results.map(({ out }) => out).sort()).toEqual(['false\n', 'true\n']);
    expect(calls()).toHaveLength(1);
  });
});

describe('the lock of a set-up', () => {
  const boot = (): string => (existsSync('/proc') ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '-');

  test.runIf(process.platform === 'linux').each([
    ['whose number another process has now', `${String(process.pid)} 1 ${boot()} ${hostname()}\n`],
    ['whose number a process of another user has now', `1 1 ${boot()} ${hostname()}\n`],
    ['of another boot', `${String(process.pid)} 1 another-boot ${hostname()}\n`],
    ['of an earlier version', `${String(process.pid)} 1\n`],
    ['that is empty', ''],
  ])('of a process %s is taken over', (_, content) => {
    const held = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { lockPath, withSetupLock } from '${lock}'; import { writeFileSync } from 'node:fs'; writeFileSync(lockPath('${project}'), ${JSON.stringify(content)}); await withSetupLock('${project}', process.stderr, async () => console.log('in'));`],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect(held).toMatchObject({ stdout: 'in\n', stderr: '' });
  });
});

describe('Node', () => {
  const check = (needed: string, current: string): string =>
    spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { checkNode } from '${setup}'; try { checkNode('${needed}', '${current}'); console.log('fine'); } catch (error) { console.log(error.message); }`],
      { encoding: 'utf8' },
    ).stdout;

  test.each(['20.19.0', '20.20.2', '22.0.0'])('%s is new enough', (current) => {
    expect(check('>=20.19', current)).toBe('fine\n');
  });

  test.each(['20.18.9', '18.20.0'])('%s is too old, and the message says what to do', (current) => {
    expect(check('>=20.19', current)).toMatch(new RegExp(`needs Node 20\\.19 or newer; this is Node ${current}[\\s\\S]*Install a newer Node`));
  });
});

describe('a command that is run', () => {
  /** Runs `child` below runNode; gives the code of the parent. */
  const run = (child: string) => {
    const parent = `import { runNode } from '${setup}'; process.exitCode = await runNode(['-e', ${JSON.stringify(child)}]);`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', parent], { encoding: 'utf8' });
  };

  test('gives its exit code, or 128 and the number of the signal that ended it', () => {
    expect(run('process.exit(7)').status).toBe(7);
    expect(run("process.kill(process.pid, 'SIGHUP')").status).toBe(129);
    expect(run("process.kill(process.pid, 'SIGKILL')").status).toBe(137);
  });

  test('gets the signals that its parent gets, and decides what they mean', () => {
    const child = "process.on('SIGUSR2', () => process.exit(42)); process.kill(process.ppid, 'SIGUSR2'); setTimeout(() => {}, 60000);";
    expect(run(child).status).toBe(42);
  });
});
