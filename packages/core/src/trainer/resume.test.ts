import { spawn } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('./__fixtures__/resumable-run.mjs', import.meta.url));
let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'ssl-resume-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Runs the script; with `killAt` it is killed as soon as it tells of that step. */
function run(folder: string, accumulate: number, killAt?: number): Promise<{ code: number | null; signal: string | null; lines: string[] }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@ssl/source', script, folder, String(accumulate)]);
    let output = '';
    let errors = '';
    child.stdout.on('data', (data: Buffer) => {
      output += data.toString();
      if (killAt !== undefined && output.includes(`step ${killAt}\n`)) child.kill('SIGKILL');
    });
    child.stderr.on('data', (data: Buffer) => {
      errors += data.toString();
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal === null) reject(new Error(errors));
      else resolve({ code, signal, lines: output.trim().split('\n') });
    });
  });
}

describe('a run that is killed', () => {
  test.concurrent.each([1, 4])('goes on bit for bit (%d micro-batches)', async (accumulate) => {
    const [whole, broken] = [join(root, `whole-${accumulate}`), join(root, `broken-${accumulate}`)];
    const [uninterrupted, killed] = await Promise.all([run(whole, accumulate), run(broken, accumulate, 8)]);
    expect(uninterrupted.lines.at(-1)).toBe(`finished ${join(whole, 'step-00000014.safetensors')}`);
    expect(killed.signal).toBe('SIGKILL');

    const resumed = await run(broken, accumulate);
    expect(resumed.lines[0]).toMatch(/^from (6|9|12)$/);
    expect(resumed.lines.at(-1)).toBe(`finished ${join(broken, 'step-00000014.safetensors')}`);
    // The whole file: weights, teacher, optimizer state, position, loss.
    const bytes = (folder: string) => readFile(join(folder, 'step-00000014.safetensors'));
    expect((await bytes(broken)).equals(await bytes(whole))).toBe(true);
    expect((await readdir(broken)).filter((name) => name.startsWith('step-'))).toHaveLength(2);
  });
});
