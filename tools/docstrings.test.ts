/** Public functions say what they take and give: a docstring with an example each that runs, losses with shapes, results and errors too. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as augment from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import * as core from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const packages = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../packages');

interface Export {
  readonly name: string;
  readonly kind: 'function' | 'other';
  readonly text: string;
  readonly tags: readonly string[];
  readonly examples: readonly string[];
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** What an index exports, with the docstrings of the files it comes from. */
function exportsOf(index: string): Export[] {
  const found: Export[] = [];
  for (const statement of parse(index).statements) {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined || statement.exportClause === undefined || !ts.isNamedExports(statement.exportClause)) continue;
    const file = path.join(path.dirname(index), (statement.moduleSpecifier as ts.StringLiteral).text.replace(/\.js$/, '.ts'));
    const names = new Set(statement.exportClause.elements.map(({ name }) => name.text));
    for (const declared of parse(file).statements) {
      const nodes = ts.isVariableStatement(declared) ? declared.declarationList.declarations : [declared];
      for (const node of nodes) {
        const name = (node as { name?: ts.Node }).name?.getText();
        if (name === undefined || !names.has(name)) continue;
        const docs = ts.getJSDocCommentsAndTags(declared).filter(ts.isJSDoc);
        found.push({
          name,
          kind: ts.isFunctionDeclaration(node) ? 'function' : 'other',
          text: docs.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '').join(' ').trim(),
          tags: docs.flatMap(({ tags }) => tags?.map(({ tagName }) => tagName.text) ?? []),
          examples: docs.flatMap(({ tags }) => tags?.filter(({ tagName }) => tagName.text === 'example').map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? '') ?? []),
        });
      }
    }
  }
  return found;
}

/** What a line `call(...); // about 0: why`, `// -ln(2) = -0.6931`, `// { a: 0 }` or `// [[0.5, 0.5]]` says that it gives. */
const promised = /; \/\/ (?:about |.* = )?(-?[\d.]+|\[.*\]|\{.*\})(?:: .*)?$/;

/** Numbers in the place of tensors, with the four digits that comments have. */
function plain(value: unknown): unknown {
  if (value instanceof tf.Tensor) return plain(value.arraySync());
  if (typeof value === 'number') return Math.round(value * 1e4) / 1e4 + 0; // never -0
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)])) : value;
}

/** Runs an example with the given names; what its lines promise, and what they give. */
function run(example: string, scope: Readonly<Record<string, unknown>>): { promised: unknown[]; given: unknown[] } {
  const lines = example.trim().split('\n');
  const says = lines.flatMap((line) => promised.exec(line)?.[1] ?? []);
  const body = lines.map((line) => (promised.test(line) ? `given.push(${line.replace(/; \/\/ .*$/, '')});` : line)).join('\n');
  const given: unknown[] = [];
  const call = (code: string): unknown => (new Function(...Object.keys(scope), 'given', code) as (...values: unknown[]) => unknown)(...Object.values(scope), given);
  call(body);
  return { promised: says.map((text) => call(`return ${text}`)), given: given.map(plain) };
}

const complete = ['example', 'returns', 'throws', 'see'];

describe.each(['contrastive', 'cca', 'distill', 'mim'])('@ssl/%s', (name) => {
  const found = exportsOf(path.join(packages, name, 'src/index.ts'));
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(found.map((each) => [each.name, each] as const))('%s is described', (_, { text }) => {
    expect(text.length).toBeGreaterThan(10);
  });

  it.each(found.filter(({ kind }) => kind === 'function').map((each) => [each.name, each] as const))('%s has an example, what it gives, what it throws, and its paper', (_, { tags }) => {
    expect(tags).toEqual(expect.arrayContaining(complete));
  });

  it.each(found.flatMap((each) => each.examples.map((example) => [each.name, example] as const)))('the example of %s runs, and gives what it says', async (_, example) => {
    const own = (await import(`@ssl/${name}`)) as Record<string, unknown>;
    const { promised, given } = run(example, { tf, ...augment, ...core, ...own });
    expect(given).toEqual(promised);
  });
});

describe('losses of @ssl/core/ops', () => {
  const index = path.join(packages, 'core/src/ops/index.ts');
  const found = exportsOf(index);

  it.each([
    ['softmaxCrossEntropy', ['example', 'returns', 'throws', 'param']],
    ['sinkhorn', [...complete, 'param']],
    ['logSoftmax', ['example', 'returns', 'param']],
    ['l2Normalize', ['example', 'returns', 'param']],
    ['stopGradient', ['example', 'returns']],
  ])('%s has %j', (name, tags) => {
    expect(found.find((each) => each.name === name)?.tags).toEqual(expect.arrayContaining(tags));
  });
});
