/**
 * `npm run bench -- [--only NAME] [--precision float32|bfloat16] [--quick] [--rounds N] [--threads N]
 * [--json FILE] [--markdown FILE]`: our workloads beside
 * their peers', interleaved (A B A B ...) in processes of their own, so that a disturbance of the machine meets both.
 * The peers go into tools/bench/.venv (pip, several GB); SSL_BENCH_PYTHON names another Python that has them.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../setup.mjs';
import { availableThreads } from './threads.mjs';
import { workloads } from './workloads.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    precision: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
  },
});

/** A Python with the peers; made on the first run. */
function peersPython() {
  if (process.env.SSL_BENCH_PYTHON) return process.env.SSL_BENCH_PYTHON;
  const folder = path.join(here, '.venv');
  const python = path.join(folder, 'bin/python');
  if (existsSync(path.join(folder, 'complete'))) return python;
  console.log('Installing the peers (PyTorch, torchvision, timm, lightly, kornia, faiss; several GB) into tools/bench/.venv ...');
  for (const [command, ...rest] of [
    ['python3', '-m', 'venv', folder],
    [python, '-m', 'pip', 'install', '--quiet', '-r', path.join(here, 'requirements.txt')],
  ]) {
    const { status } = spawnSync(command, rest, { stdio: 'inherit' });
    if (status !== 0) {
      console.error(`Could not install the peers: ${command} ${rest.join(' ')} ended with ${status}. Install them yourself and set SSL_BENCH_PYTHON.`);
      process.exit(1);
    }
  }
  writeFileSync(path.join(folder, 'complete'), '');
  return python;
}

/** Folder of JPEG files for the loader workload, made once from noise with structure. */
async function jpegFolder() {
  const folder = path.join(here, '.data/jpeg');
  const images = 1024;
  if (existsSync(path.join(folder, 'all', `${images - 1}.jpg`))) return folder;
  mkdirSync(path.join(folder, 'all'), { recursive: true });
  const { default: sharp } = await import(createRequire(path.join(root, 'packages/data/package.json')).resolve('sharp'));
  for (let i = 0; i < images; i++) {
    const small = Buffer.from(Array.from({ length: 24 * 20 * 3 }, (_, j) => (Math.imul(i * 7919 + j, 2654435761) >>> 24) & 255));
    const picture = sharp(small, { raw: { width: 24, height: 20, channels: 3 } }).resize(500, 375, { kernel: 'cubic' });
    await picture.jpeg({ quality: 90 }).toFile(path.join(folder, 'all', `${i}.jpg`));
  }
  return folder;
}

/** A child that holds one prepared workload. */
class Contestant {
  constructor(name, command, args) {
    this.name = name;
    this.seconds = [];
    this.cpuSeconds = [];
    this.child = spawn(command, args, { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
    this.errors = '';
    this.child.stderr.on('data', (text) => (this.errors = (this.errors + text).slice(-4000)));
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async answer(request) {
    if (request) this.child.stdin.write(`${request}\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`${this.name} ended: ${this.errors}`);
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }

  async run(repeats) {
    const { seconds, cpuSeconds } = await this.answer(`run ${repeats}`);
    this.seconds.push(...seconds);
    this.cpuSeconds.push(...cpuSeconds);
  }

  async end() {
    this.peakMB = (await this.answer('memory')).peakMB;
    this.child.stdin.end('end\n');
    this.child.kill();
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const digits = (number) => Number(number.toPrecision(4));

async function compare(workload, python, threads) {
  const data = ['loader-224', 'pack-224', 'multi-crop-224'].includes(workload.name) ? await jpegFolder() : (workload.data ?? '-');
  const contestants = [];
  for (const variant of workload.ours) {
    const args = ['--import', 'tsx', '--conditions=@ssl/source', path.join(here, 'ours.ts'), workload.name, workload.precision, variant, String(threads), data];
    contestants.push({ ours: true, variant, child: new Contestant(`ours ${variant}`, process.execPath, args) });
  }
  for (const variant of workload.peers) {
    const args = [path.join(here, 'peer.py'), workload.name, workload.precision, variant, String(threads), data];
    contestants.push({ ours: false, variant, child: new Contestant(variant, python, args) });
  }
  const running = [];
  for (const contestant of contestants) {
    try {
      await contestant.child.answer();
      await contestant.child.run(2); // warm-up: tracing, compilation
      contestant.child.seconds.length = contestant.child.cpuSeconds.length = 0;
      running.push(contestant);
    } catch (error) {
      console.log(`  ${contestant.child.name} cannot run this: ${error.message.trim().split('\n').at(-1)}`);
      contestant.child.child.kill();
    }
  }
  const rounds = Number(options.rounds ?? (options.quick ? 2 : 5));
  for (let round = 0; round < rounds; round++) for (const { child } of running) await child.run(workload.repeats);
  for (const { child } of running) await child.end();
  const figure = ({ child }) => digits(workload.items / median(child.seconds));
  const cpu = ({ child }) => digits(median(child.cpuSeconds));
  const best = ({ child }) => digits(workload.items / Math.min(...child.seconds));
  const ours = running.find((contestant) => contestant.ours);
  const peers = running.filter((contestant) => !contestant.ours);
  if (!ours || peers.length === 0) throw new Error(`${workload.name}: nothing to compare`);
  const bestPeer = peers.reduce((a, b) => (figure(a) >= figure(b) ? a : b));
  const thriftiestPeer = peers.reduce((a, b) => (cpu(a) <= cpu(b) ? a : b));
  return {
    workload: workload.name,
    precision: workload.precision,
    ours: figure(ours),
    oursBest: best(ours),
    ...Object.fromEntries(running.filter((c) => c.ours && c !== ours).map((c) => [`ours ${c.variant}`, figure(c)])),
    peers: Object.fromEntries(peers.map((peer) => [peer.variant, figure(peer)])),
    bestPeer: bestPeer.variant,
    ratio: digits(figure(ours) / figure(bestPeer)),
    oursCpuSeconds: cpu(ours),
    peersCpuSeconds: Object.fromEntries(peers.map((peer) => [peer.variant, cpu(peer)])),
    cpuRatio: digits(cpu(thriftiestPeer) / cpu(ours)),
    oursPeakMB: Math.round(ours.child.peakMB),
    peerPeakMB: Math.round(bestPeer.child.peakMB),
    unit: workload.unit,
  };
}

function table(rows, threads) {
  const peers = (row) => Object.entries(row.peers).map(([name, figure]) => `${name} ${figure}`).join(', ');
  const cpu = (row) => `${row.oursCpuSeconds} / ${Object.entries(row.peersCpuSeconds).map(([name, figure]) => `${name} ${figure}`).join(', ')}`;
  const extra = (row) => Object.entries(row).filter(([key]) => key.startsWith('ours ')).map(([key, figure]) => ` (${key.slice(5)} ${figure})`).join('');
  return [
    `Machine: ${cpus()[0].model}, ${threads} threads, Node ${process.versions.node}. Medians of interleaved runs. Ratios above 1 mean that ours is better. CPU seconds are those of one repetition, over all threads and child processes; PyTorch's threads spin while they wait, so compare them with --threads 1 only.`,
    '',
    '| workload | precision | ours | peers | ratio to the best peer | CPU s ours / peers | ratio of CPU s | peak MB ours / peer | unit |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.workload} | ${row.precision} | ${row.ours}${extra(row)} | ${peers(row)} | ${row.ratio} | ${cpu(row)} | ${row.cpuRatio} | ${row.oursPeakMB} / ${row.peerPeakMB} | ${row.unit} |`),
    '',
  ].join('\n');
}

await setUp();
const threads = options.threads === undefined ? availableThreads() : Number(options.threads);
const python = peersPython();
const chosen = workloads.filter(
  ({ name, precision }) => (!options.only || options.only.includes(name)) && (!options.precision || options.precision === precision),
);
if (chosen.length === 0) {
  console.error(`No workload is called ${options.only}. There are: ${[...new Set(workloads.map(({ name }) => name))].join(', ')}.`);
  process.exit(2);
}
const rows = [];
for (const workload of chosen) {
  console.log(`${workload.name}, ${workload.precision} ...`);
  try {
    const row = await compare(workload, python, threads);
    rows.push(row);
    console.log(`  ours ${row.ours}, ${JSON.stringify(row.peers)} ${row.unit}: ratio ${row.ratio}; CPU s ${row.oursCpuSeconds}, ${JSON.stringify(row.peersCpuSeconds)}: ratio ${row.cpuRatio}`);
  } catch (error) {
    console.log(`  ${error.message}`);
    process.exitCode = 1;
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(rows, null, 2)}\n`);
}
const markdown = table(rows, threads);
console.log(`\n${markdown}`);
if (options.markdown) writeFileSync(options.markdown, markdown);
process.exit();
