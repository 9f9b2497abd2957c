import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'ssl-generators-')));
const copied = ['core', 'augment', 'backend', 'cca'];
const made = 'generated-method';
const added = 'second-method';

function node(...args: string[]): string {
  try {
    return execFileSync(process.execPath, args, {
      cwd: workspace,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NX_DAEMON: 'false', NX_WORKSPACE_ROOT_PATH: workspace, NODE_OPTIONS: '' },
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`node ${args.join(' ')}\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error });
  }
}

const tool = (file: string) => path.join(workspace, 'node_modules', file);
const read = (file: string) => readFileSync(path.join(workspace, file), 'utf8');

/** Links what `from` has installed, but for our own packages, which are the copies. */
function link(from: string, into = path.join(workspace, 'node_modules')): void {
  for (const entry of existsSync(from) ? readdirSync(from) : []) {
    if (entry === '@ssl' || entry === '.bin') continue;
    if (entry.startsWith('@')) {
      mkdirSync(path.join(into, entry), { recursive: true });
      link(path.join(from, entry), path.join(into, entry));
    } else if (!existsSync(path.join(into, entry))) {
      symlinkSync(path.join(from, entry), path.join(into, entry));
    }
  }
}

/** A workspace of its own, with a few of the packages, in a temporary folder: nothing is written into this one. */
function copyWorkspace(): void {
  const files = [
    ...['package.json', 'nx.json', 'tsconfig.base.json', 'tsconfig.json', 'eslint.config.js', 'vitest.config.ts', 'pnpm-workspace.yaml', 'pnpm-lock.yaml'],
    ...['docs', 'tools/vitest.shared.ts', 'tools/vitest.config.ts', 'tools/count-reporter.ts', 'tools/generators'],
  ];
  for (const file of files) cpSync(path.join(root, file), path.join(workspace, file), { recursive: true });
  mkdirSync(path.join(workspace, 'node_modules/@ssl'), { recursive: true });
  link(path.join(root, 'node_modules'));
  for (const name of copied) {
    const skipped = ['node_modules', 'dist', 'out-tsc'].map((folder) => path.join(root, 'packages', name, folder));
    cpSync(path.join(root, 'packages', name), path.join(workspace, 'packages', name), { recursive: true, filter: (file) => !skipped.includes(file) });
    link(path.join(root, 'packages', name, 'node_modules'));
  }
  for (const name of [...copied, made]) symlinkSync(path.join(workspace, 'packages', name), path.join(workspace, 'node_modules/@ssl', name));
}

describe('nx g', () => {
  beforeAll(() => {
    copyWorkspace();
    const nx = tool('nx/dist/bin/nx.js');
    node(nx, 'g', './tools/generators:method-package', made, '--no-interactive');
    node(nx, 'g', './tools/generators:method', added, '--package', 'cca', '--no-interactive');
  });

  afterAll(() => rmSync(workspace, { recursive: true, force: true }));

  it('names the new method where people and the command look', () => {
    expect(read('docs/README.md')).toContain(`../packages/${made}/README.md`);
    expect(read('docs/README.md')).toContain(`methods/${added}.md`);
    expect(read(`docs/methods/${added}.md`)).toContain('secondMethodLoss');
    expect(read(`.changeset/${added}.md`)).toContain("'@ssl/cca': minor");
    expect(read('packages/cca/README.md')).toContain('`secondMethod`, `secondMethodLoss`');
    expect(read('packages/cca/src/index.ts')).toMatch(/export const methods = \[.*swavPlugin, secondMethodPlugin\]/);
    expect(read('tsconfig.json')).toContain(`./packages/${made}`);
  });

  it('makes what the compiler builds', () => {
    node(tool('typescript/bin/tsc'), '-b', `packages/${made}`, 'packages/cca');
    expect(existsSync(path.join(workspace, `packages/${made}/dist/index.js`))).toBe(true);
  });

  it('makes what the linter passes', () => {
    const sources = [`packages/${made}/src`, ...['', '-loss', '-plugin'].map((part) => `packages/cca/src/${added}${part}.ts`), 'packages/cca/src/index.ts'];
    node(tool('eslint/bin/eslint.js'), '--max-warnings', '0', ...sources);
  });

  it('makes tests that pass', () => {
    const out = node(tool('vitest/vitest.mjs'), 'run', '--reporter', 'json', `packages/${made}`, `packages/cca/src/${added}`);
    const report = JSON.parse(out.slice(out.indexOf('{'))) as { numPassedTests: number; numFailedTests: number; success: boolean };
    expect(report).toMatchObject({ success: true, numFailedTests: 0 });
    expect(report.numPassedTests).toBeGreaterThan(40);
  });

  it('refuses a name that is no file name, and a package that is not there', () => {
    const nx = tool('nx/dist/bin/nx.js');
    expect(() => node(nx, 'g', './tools/generators:method', 'MyMethod', '--package', 'cca', '--no-interactive')).toThrow('kebab-case');
    expect(() => node(nx, 'g', './tools/generators:method', 'another', '--package', 'nowhere', '--no-interactive')).toThrow('packages/nowhere is needed');
  });
});
