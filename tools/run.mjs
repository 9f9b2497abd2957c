// npm run lint | typecheck | build: sets the packages up, then runs the tool on the whole workspace.
import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode, runTool, SetupError, setUp } from './setup.mjs';

const bin = (name, key = name) => {
  const folder = join(root, 'node_modules', name);
  const { bin: bins } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bins === 'string' ? bins : bins[key]);
};
const run = (tool, args, env = process.env) => runNode([tool, ...args], { cwd: root, env });

const tasks = {
  // Without a project graph the boundary rule is skipped in silence, so nx makes one first.
  async lint(args) {
    const code = await run(bin('nx'), ['show', 'projects']);
    return code === 0 ? run(bin('eslint'), ['.', ...args]) : code;
  },
  typecheck(args) {
    const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'tsconfig.json')));
    return run(bin('typescript', 'tsc'), ['-b', ...packages.map((name) => join('packages', name)), ...args]);
  },
  build: (args) => run(bin('nx'), ['run-many', '-t', 'build', ...args]),
};

await runTool(async () => {
  const [name, ...args] = process.argv.slice(2);
  if (!Object.hasOwn(tasks, name ?? '')) throw new SetupError(`tools/run.mjs needs one of ${Object.keys(tasks).join(', ')}; got ${name ?? 'nothing'}.`);
  await setUp({ engine: false });
  return tasks[name](args);
});
