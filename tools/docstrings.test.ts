/** Public functions say what they take and give: a docstring with an example each, losses with shapes, results and errors too. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const packages = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../packages');

interface Export {
  readonly name: string;
  readonly kind: 'function' | 'other';
  readonly text: string;
  readonly tags: readonly string[];
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
        });
      }
    }
  }
  return found;
}

const complete = ['example', 'returns', 'throws', 'see'];

describe.each(['contrastive', 'cca'])('@ssl/%s', (name) => {
  const found = exportsOf(path.join(packages, name, 'src/index.ts'));

  it.each(found.map((each) => [each.name, each] as const))('%s is described', (_, { text }) => {
    expect(text.length).toBeGreaterThan(10);
  });

  it.each(found.filter(({ kind }) => kind === 'function').map((each) => [each.name, each] as const))('%s has an example, what it gives, what it throws, and its paper', (_, { tags }) => {
    expect(tags).toEqual(expect.arrayContaining(complete));
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
