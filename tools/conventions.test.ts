import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const packages = readdirSync(path.join(root, 'packages')).filter((name) => existsSync(path.join(root, 'packages', name, 'package.json')));

const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('__fixtures__'));
}

interface Manifest {
  readonly name: string;
  readonly license: string;
  readonly type: string;
  readonly sideEffects: boolean | readonly string[];
  readonly exports: Record<string, unknown>;
  readonly nx: { readonly tags: readonly string[] };
  readonly dependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

describe.each(packages)('packages/%s', (name) => {
  const manifest = JSON.parse(read('packages', name, 'package.json')) as Manifest;

  it('is an ESM package that resolves to its source inside the workspace', () => {
    expect(manifest).toMatchObject({ name: `@ssl/${name}`, license: 'Apache-2.0', type: 'module' });
    expect(manifest.exports['.']).toMatchObject({ '@ssl/source': './src/index.ts', default: './dist/index.js' });
    expect(manifest.nx.tags).toHaveLength(1);
  });

  it('has a README with an install line and an example', () => {
    const readme = read('packages', name, 'README.md');
    expect(readme).toMatch(new RegExp(`^# @ssl/${name}$`, 'm'));
    expect(readme).toMatch(/(npm|pnpm) (install|i|add) /);
    expect(readme).toMatch(/```(ts|bash|sh)\n/);
  });

  it('has an index of named exports only', () => {
    const index = read('packages', name, 'src/index.ts');
    expect(index).not.toMatch(/export \*/);
    expect(index).not.toMatch(/export default/);
    expect(index).toMatch(/export \{/);
  });

  it('has a page in the documentation', () => {
    expect(read('docs/README.md')).toContain(`@ssl/${name}`);
  });

  it('shares one tfjs-core and one core with its users', () => {
    const direct = Object.keys(manifest.dependencies ?? {});
    if (name !== 'cli') expect(direct).not.toContain('@tensorflow/tfjs-core');
    if (name !== 'cli') expect(direct).not.toContain('@ssl/core');
  });

  it('names files in kebab-case, without drawers', () => {
    for (const file of sources(`packages/${name}/src`)) {
      expect(path.basename(file)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*((\.[a-z]+)?\.test|\.test-d|\.d)?\.ts$/);
      expect(path.basename(file)).not.toMatch(/^(utils?|helpers?|misc|common)\.ts$/);
    }
  });

  it('has tests beside the code', () => {
    expect(sources(`packages/${name}/src`).some((file) => file.endsWith('.test.ts'))).toBe(true);
  });
});

describe('the repository', () => {
  it('names no registry host and no folder of a machine', () => {
    const files = [...packages.flatMap((name) => [...sources(`packages/${name}/src`), `packages/${name}/README.md`]), 'README.md'];
    for (const file of files) expect(read(file), file).not.toMatch(/registry\.npmjs|pypi\.org|files\.pythonhosted|\/work\/(main|lab|shared)/);
  });
});
