import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const script = fileURLToPath(new URL('./__fixtures__/resumable-run.mjs', import.meta.url));
let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ssl-simclr-resume-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Runs the script; with `killAt` it is killed as soon as it tells of that step. */
function run(folder: string, killAt?: number): Promise<{ signal: string | null; lines: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@ssl/source', script, folder]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (killAt !== undefined && output.includes(`step ${String(killAt)}\n`)) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal === null) reject(new Error(errors));
      else resolve({ signal, lines: output.trim().split('\n') });
    });
  });
}

test('on the native engine, a run that is killed goes on bit for bit', async () => {
  const [whole, broken] = [join(root, 'whole'), join(root, 'broken')];
  const uninterrupted = await run(whole);
  expect(uninterrupted.lines.at(-1)).toBe('finished');
  expect((await run(broken, 8)).signal).toBe('SIGKILL');
  const resumed = await run(broken);
  expect(resumed.lines[0]).toMatch(/^from (6|9|12)$/);
  expect(resumed.lines.at(-1)).toBe('finished');
  const bytes = (folder: string) => readFile(join(folder, 'step-00000014.safetensors'));
  expect((await bytes(broken)).equals(await bytes(whole))).toBe(true);
});
