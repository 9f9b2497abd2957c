// npm run ssl -- <command> …: the ssl command from source.
import { join } from 'node:path';
import { fromSource, root, runNode, runTool, setUp } from './setup.mjs';

await runTool(async () => {
  await setUp({ engine: false }); // the command itself fetches the engine when it needs one
  // npm runs scripts in the repository's root; paths that the user types are meant from where they stand.
  return runNode([...fromSource, join(root, 'packages/cli/src/bin.ts'), ...process.argv.slice(2)], {
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: { ...process.env, SSL_COMMAND: 'npm run ssl --' },
  });
});
