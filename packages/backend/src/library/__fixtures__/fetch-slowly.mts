// One process of the tests in fetch-once.test.ts: fills the folder slowly and counts how often it had to.
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fetchOnce } from '../fetch-once.js';
import { sha256 } from '../sha256.js';

const [root, key, milliseconds] = process.argv.slice(2) as [string, string, string];
const folder = await fetchOnce({
  root,
  key,
  lock: { pollInterval: 20 },
  onProgress: (progress) => {
    if (progress.kind === 'message') process.stdout.write(`${progress.text}\n`);
  },
  fill: async (target) => {
    await appendFile(join(root, 'fills.txt'), 'x');
    process.stdout.write('filling\n');
    await writeFile(join(target, 'half'), 'the first half');
    await sleep(Number(milliseconds));
    await writeFile(join(target, 'data'), 'the whole');
    return { source: 'test', checksums: new Map([['data', await sha256(join(target, 'data'))]]) };
  },
});
process.stdout.write(`done ${folder}\n`);
