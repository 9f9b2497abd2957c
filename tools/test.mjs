// npm test: sets everything up, then runs all tests. Arguments are passed on: npm test -- packages/eval
import { join } from 'node:path';
import { root, runNode, runTool, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  return runNode([join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], { cwd: root });
});
