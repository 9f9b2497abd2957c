import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Contestant, within } from './contestant.mjs';
import { table, withBlock } from './table.mjs';

/** A contestant that is this JavaScript. */
const contestant = (code: string) => new Contestant('child', process.execPath, ['-e', code], { cwd: process.cwd() });

const answering = `
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const [word, count] = line.split(' ');
    const list = Array.from({ length: Number(count) }, () => 2);
    console.log(JSON.stringify(word === 'run' ? { seconds: list, cpuSeconds: list, mainThreadSeconds: list } : { peakMB: 7 }));
  });
  console.log('noise'); console.log('{"ready": true}');`;

test('a contestant is prepared without counting, runs, and says its memory', async () => {
  const child = contestant(answering);
  await child.prepare();
  expect(child.seconds).toEqual([]);
  await child.run(3);
  await child.readMemory();
  expect(child).toMatchObject({ seconds: [2, 2, 2], cpuSeconds: [2, 2, 2], mainThreadSeconds: [2, 2, 2], peakMB: 7 });
  child.kill();
});

test('one that ends says why', async () => {
  const child = contestant(`console.error('first'); console.error('no such thing'); process.exit(3);`);
  await expect(child.prepare()).rejects.toThrow(/child ended .*no such thing/s);
  child.kill();
});

test('one that is silent is given up, and its children are killed with it', async () => {
  // The child's child holds the output open: it closes when both have ended.
  const child = contestant(`require('child_process').spawn('sleep', ['1000'], { stdio: ['ignore', 'inherit', 'ignore'] }); console.log('{}'); setTimeout(() => {}, 1e6);`);
  await child.answer();
  await expect(within(0.05, 'waiting', child.answer())).rejects.toThrow('waiting took more than 0.05 s');
  const closed = once(child.child, 'close');
  child.kill();
  await closed;
});

test('the table goes between its comments and leaves the rest of the file', () => {
  const once = withBlock('# Title\n\ntext\n', 'bench', 'first');
  expect(once).toBe('# Title\n\ntext\n\n<!-- bench -->\nfirst\n<!-- /bench -->\n');
  expect(withBlock(`${once}\nmore\n`, 'bench', 'second\n')).toBe('# Title\n\ntext\n\n<!-- bench -->\nsecond\n<!-- /bench -->\n\nmore\n');
  expect(withBlock('', 'bench', 'x')).toBe('<!-- bench -->\nx\n<!-- /bench -->\n');
  expect(() => withBlock('<!-- bench -->', 'bench', 'x')).toThrow('<!-- /bench -->');
});

test('a row has ratio, processor seconds, memory and the share of JavaScript', () => {
  const row = { workload: 'w', precision: 'float32', ours: 10, 'ours eager': 8, peers: { eager: 4, compile: 5 }, ratio: 2, oursCpuSeconds: 1, peersCpuSeconds: { eager: 3 }, cpuRatio: 3, oursPeakMB: 11, peerPeakMB: 12, javaScriptShare: 0.00174, unit: 'views/s' };
  expect(table([row], 'Machine: m.')).toContain('| w | float32 | 10 (eager 8) | eager 4, compile 5 | 2 | 1 / eager 3 | 3 | 11 / 12 | 0.17 % | views/s |');
});
