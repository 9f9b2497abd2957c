// npm start: sets everything up, then pretrains SimCLR on images without labels and shows what it learned.
import { join } from 'node:path';
import { fromSource, root, runNode, runTool, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp();
  return runNode([...fromSource, join(root, 'packages/cli/src/bin.ts'), 'quickstart', ...process.argv.slice(2)], { cwd: root, env: { ...process.env, SSL_COMMAND: 'npm run ssl --' } });
});
