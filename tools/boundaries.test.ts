import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Identifiers and messages of what ESLint finds in `text`, read as if it stood in `file`. */
async function lint(file: string, text: string): Promise<{ rule: string | null; message: string }[]> {
  const eslint = new ESLint({ cwd: root, overrideConfig: [{ languageOptions: { parserOptions: { projectService: { allowDefaultProject: [] } } } }] });
  const [result] = await eslint.lintText(text, { filePath: path.join(root, file) });
  return (result?.messages ?? []).map(({ ruleId, message }) => ({ rule: ruleId, message }));
}

describe('the dependency law', () => {
  beforeAll(() => {
    // Without a project graph in .nx the boundary rule is skipped in silence (docs/architecture.md).
    const nx = spawnSync(process.execPath, ['node_modules/nx/dist/bin/nx.js', 'show', 'projects'], { cwd: root, encoding: 'utf8' });
    expect(nx.stdout).toContain('@ssl/contrastive');
  });

  it.each([
    ['a method must not import a device', 'packages/contrastive/src/index.ts', "export { useBackend } from '@ssl/backend';\n"],
    ['a method must not import data', 'packages/contrastive/src/index.ts', "export { imageFolder } from '@ssl/data';\n"],
    ['core must not import a method', 'packages/core/src/index.ts', "export { simclr } from '@ssl/contrastive';\n"],
    ['the evaluation must not import data', 'packages/eval/src/index.ts', "export { imageFolder } from '@ssl/data';\n"],
  ])('%s', async (_, file, text) => {
    expect((await lint(file, text)).map(({ rule }) => rule)).toContain('@nx/enforce-module-boundaries');
  });

  it.each(['@tensorflow/tfjs', '@tensorflow/tfjs-node', '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-core/dist/index.js', 'koffi'])(
    'only the backend imports %s',
    async (engine) => {
      const rules = await lint('packages/augment/src/index.ts', `import '${engine}';\nexport {};\n`);
      expect(rules.map(({ rule }) => rule)).toContain('@typescript-eslint/no-restricted-imports');
    },
  );

  it('lets a method import core and augment', async () => {
    const found = await lint('packages/contrastive/src/index.ts', "export { SslError } from '@ssl/core';\n");
    expect(found.filter(({ rule }) => rule === '@nx/enforce-module-boundaries')).toEqual([]);
  });
});
