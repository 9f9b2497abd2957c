// npm start: sets everything up, then pretrains SimCLR on images without labels and shows what it learned.
import { join } from 'node:path';
import { fromSource, root, runNode, runTool, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  return runNode([...fromSource, join(root, 'packages/cli/src/bin.ts'), 'quickstart', '--command', 'npm run ssl --', ...process.argv.slice(2)], { cwd: root });
});
