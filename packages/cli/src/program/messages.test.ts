/** Options that messages, help texts and documents name exist in the command that they are said in. Reads sources; starts no engine. */
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { installedMethods } from '../methods/resolve-method.js';
import { createProgram } from './create-program.js';
import { inFlags } from './option-names.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

const root = join(import.meta.dirname, '..', '..', '..', '..');
const commandNames = ['train', 'search', 'eval', 'embed', 'import', 'export', 'report', 'views', 'pack', 'methods', 'doctor', 'quickstart'];
/** Commands with the whole configuration and the options of a method. */
const configured = new Set(['train', 'search', 'views']);
/** Where `--x` is a style, or a flag of another program. */
const others = /^packages\/(eval\/src\/report\/(page-style|tile|classes-section|curve-chart)|backend\/src\/(devices\/nvidia-gpu|library\/pip-download|tensorflow\/register)|data\/src\/(fetch\/fetch-npm-packages|sources\/(fashion-mnist|tar-shards))|cli\/src\/(program\/(config-options|option-names)|run\/resumed-settings))\.ts$/;
const flagPattern = /(?<![\w-])--[a-z][\w-]*(?:\.[a-z][\w-]*)?/g;
const commandLine = /(?:\bssl|\$\{command(?:Name\(\))?\}) (?:-- )?([a-z]+)((?: [^`,;)]*?)?)(?=\. |[`,;)]|'$|$)/g;

const flags = new Map<string, ReadonlySet<string>>();

beforeAll(async () => {
  const methods = (await installedMethods(root)).map(({ plugin }) => plugin.name);
  for (const name of commandNames) {
    const found = new Set<string>(['--help', '--version']);
    for (const method of configured.has(name) ? methods : ['']) {
      const program = await createProgram({ argv: [name, ...(method === '' ? [] : ['--method', method])], folder: root, finish: () => undefined });
      for (const { long } of program.commands.find((command) => command.name() === name)?.options ?? []) if (long !== undefined) found.add(long);
    }
    flags.set(name, found);
  }
});

const has = (command: string, flag: string): boolean => flags.get(command)?.has(flag) === true;

interface Line {
  readonly file: string;
  readonly at: number;
  readonly text: string;
}

/** Lines of the sources that are not comments. */
function sourceLines(): Line[] {
  return readdirSync(join(root, 'packages'))
    .flatMap((name) => readdirSync(join(root, 'packages', name, 'src'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /^[^.]+\.ts$/.test(entry.name) && !/testing|__fixtures__/.test(entry.parentPath))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((file) => !others.test(file))
    .flatMap((file) => linesOf(file).filter(({ text }) => !/^\s*(\/?\*|\/\/)/.test(text)));
}

function documentLines(): Line[] {
  const packages = readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'README.md'));
  const guides = readdirSync(join(root, 'docs'), { recursive: true }).map(String).filter((name) => name.endsWith('.md')).map((name) => join('docs', name));
  return ['README.md', ...packages, ...guides].flatMap(linesOf);
}

function linesOf(file: string): Line[] {
  return readFileSync(join(root, file), 'utf8').split('\n').map((text, i) => ({ file, at: i + 1, text }));
}

const place = ({ file, at }: Line, flag: string): string => `${file}:${String(at)} ${flag}`;

/** Flags outside of a whole command line, and the command lines with theirs. */
function namedIn(line: string): { alone: string[]; lines: { command: string; flags: string[] }[] } {
  const text = line.replaceAll(/\$\{(?!command)\w+\([\w.]*\)\}/g, 'X'); // ${show(path)}
  const lines = [...text.matchAll(commandLine)].filter(([, command = '']) => commandNames.includes(command)).map(([, command = '', rest = '']) => ({ command, flags: rest.match(flagPattern) ?? [] }));
  return { alone: text.replaceAll(commandLine, (whole, command: string) => (commandNames.includes(command) ? '' : whole)).match(flagPattern) ?? [], lines };
}

test('every flag in a message of the sources is one of the command, or is said with the command that has it', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const line of sourceLines()) {
    // `command.option('--x <y>')`, `new Option('--x')`, `--no-x` and `peekFlag(argv, '--x')` make flags or look for them.
    const { alone } = namedIn(line.text.replaceAll(/(option|Option|optionsGroup)\(['`]--[^'`]*['`]/g, ''));
    const command = /^packages\/cli\/src\/commands\/(?!configured)([a-z]+)\.ts$/.exec(line.file)?.[1];
    for (const flag of alone) {
      seen++;
      // A command's own file speaks of its own flags; what others say may be said in any command.
      const good =
        command !== undefined
          ? has(command, flag)
          : commandNames.every((name) => {
              if (has(name, flag)) return true;
              const owner = / of ssl ([a-z]+)/.exec(inFlags(`Use ${flag}.`, { name, flags: [...(flags.get(name) ?? [])] }))?.[1];
              return owner !== undefined && has(owner, flag);
            });
      if (!good) wrong.push(place(line, flag));
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(80);
});

test('every command line in messages and documents has flags that its command has', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const line of [...sourceLines(), ...documentLines()]) {
    for (const { command, flags: named } of namedIn(line.text).lines) {
      for (const flag of named) {
        seen++;
        if (!has(command, flag)) wrong.push(`${place(line, flag)} of ssl ${command}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(50);
});

test("every option that a library's message marks can be translated: it stands in brackets", () => {
  const marked = sourceLines().filter(({ file, text }) => !file.startsWith('packages/cli/') && /\boption [a-z]\w*[).]/.test(text.replaceAll(/\([^()]*\boption \w+[^()]*\)/g, '')));
  expect(marked.map((line) => place(line, line.text.trim()))).toEqual([]);
});

test('documents of the command name flags that exist', () => {
  const wrong = documentLines()
    .filter(({ file }) => basename(dirname(file)) === 'cli')
    .flatMap((line) => namedIn(line.text).alone.filter((flag) => !commandNames.some((name) => has(name, flag))).map((flag) => place(line, flag)));
  expect(wrong).toEqual([]);
});
