/**
 * `npm run bench -- [--only NAME] [--precision float32|bfloat16] [--quick] [--rounds N] [--threads N] [--timeout SECONDS]
 * [--json FILE] [--markdown FILE]`: our workloads beside their peers', interleaved (A B A B ...) in processes of their own,
 * so that a disturbance of the machine meets both. `--timeout` (600) is how long the preparation of one process, and all
 * rounds of a workload together, may take; what takes longer is killed, the next goes on, and the exit code is 1.
 * `--markdown` rewrites the block between `<!-- bench -->` and `<!-- /bench -->` of a file.
 *
 * `npm run bench -- --profile NAME [--precision P] [--threads N] [--markdown FILE]`: time of our step by kind of operation,
 * beside the peak that the engine reaches on this machine (one thread if not told otherwise); block `profile NAME P`.
 *
 * The peers go into tools/bench/.venv (pip, several GB); SSL_BENCH_PYTHON names another Python that has them.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../setup.mjs';
import { Contestant, killAll, killChildrenAtExit, within } from './contestant.mjs';
import { profileTable } from './profile-table.mjs';
import { table, writeBlock } from './table.mjs';
import { availableThreads } from './threads.mjs';
import { workloads } from './workloads.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const built = path.join(here, '.data/built');

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    profile: { type: 'string', multiple: true },
    precision: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
    markdown: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string' },
    timeout: { type: 'string', default: '600' },
  },
});

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** A whole number from 1, or `otherwise` where the option is left out. */
function count(name, otherwise) {
  const value = options[name] === undefined ? otherwise : Number(options[name]);
  if (!Number.isInteger(value) || value < 1) fail(`--${name} needs a whole number from 1, got ${options[name]}.`);
  return value;
}

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

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const digits = (number) => Number(number.toPrecision(4));

const dataOf = async (workload) => (['loader-224', 'pack-224', 'multi-crop-224'].includes(workload.name) ? jpegFolder() : (workload.data ?? '-'));

/** Our side as users have it: built packages and JavaScript. A loader that reads TypeScript would take 75 MB more. */
async function buildOurs() {
  const { default: ts } = await import('typescript'); // set-up may just have installed it
  const { status } = spawnSync(process.execPath, [path.join(root, 'tools/run.mjs'), 'build'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`The packages could not be built: npm run build ended with ${status}.`);
  mkdirSync(built, { recursive: true });
  for (const name of ['ours', 'profile']) {
    const { outputText } = ts.transpileModule(readFileSync(path.join(here, `${name}.ts`), 'utf8'), { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
    writeFileSync(path.join(built, `${name}.js`), outputText);
  }
}

function ourProcess(workload, variant, threads, data) {
  const args = [path.join(built, 'ours.js'), workload.name, workload.precision, variant, String(threads), data];
  return new Contestant(`ours ${variant}`, process.execPath, args, { cwd: root });
}

function peerProcess(workload, variant, threads, data, python) {
  return new Contestant(variant, python, [path.join(here, 'peer.py'), workload.name, workload.precision, variant, String(threads), data], { cwd: root });
}

async function compare(workload, { python, threads, timeout, rounds }) {
  const data = await dataOf(workload);
  const contestants = [
    ...workload.ours.map((variant) => ({ ours: true, variant, child: () => ourProcess(workload, variant, threads, data) })),
    ...workload.peers.map((variant) => ({ ours: false, variant, child: () => peerProcess(workload, variant, threads, data, python) })),
  ];
  const running = [];
  for (const { child: start, ...contestant } of contestants) {
    const child = start();
    try {
      await within(timeout, `preparing ${child.name}`, child.prepare());
      running.push({ ...contestant, child });
    } catch (error) {
      console.log(`  ${child.name} cannot run this: ${error.message}`);
      process.exitCode = 1;
      child.kill();
    }
  }
  const ours = running.find((contestant) => contestant.ours);
  const peers = running.filter((contestant) => !contestant.ours);
  if (!ours || peers.length === 0) throw new Error(`${workload.name}: nothing to compare`);
  await within(timeout, `${workload.name}: ${rounds} rounds`, (async () => {
    for (let round = 0; round < rounds; round++) for (const { child } of running) await child.run(workload.repeats);
    for (const { child } of running) await child.readMemory();
  })());
  return resultRow(workload, running, ours, peers);
}

function resultRow(workload, running, ours, peers) {
  const figure = ({ child }) => digits(workload.items / median(child.seconds));
  const cpu = ({ child }) => digits(median(child.cpuSeconds));
  const best = ({ child }) => digits(workload.items / Math.min(...child.seconds));
  const bestPeer = peers.reduce((a, b) => (figure(a) >= figure(b) ? a : b));
  const thriftiestPeer = peers.reduce((a, b) => (cpu(a) <= cpu(b) ? a : b));
  const { mainThreadSeconds, seconds } = ours.child;
  const shares = mainThreadSeconds.map((busy, at) => busy / seconds[at]);
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
    ...(shares.length === 0 || !workload.compiled ? {} : { javaScriptShare: digits(median(shares)) }),
    unit: workload.unit,
  };
}

const machine = (threads) => `Machine: ${cpus()[0].model}, ${threads} thread${threads === 1 ? '' : 's'}, Node ${process.versions.node}.`;
const called = (name) => ({ name: workload }) => workload === name;

function choose(names) {
  const unknown = names?.find((name) => !workloads.some(called(name)));
  if (unknown !== undefined) fail(`No workload is called ${unknown}. There are: ${[...new Set(workloads.map(({ name }) => name))].join(', ')}.`);
  const chosen = workloads.filter(({ name, precision }) => (!names || names.includes(name)) && (!options.precision || options.precision === precision));
  if (chosen.length === 0) fail(`No workload is left with --precision ${options.precision}.`);
  return chosen;
}

/** Results of `work` for each workload, written after each one; one that fails is said, and the next goes on. */
async function each(chosen, work) {
  const results = [];
  for (const workload of chosen) {
    console.log(`${workload.name}, ${workload.precision} ...`);
    try {
      results.push(await work(workload, results));
    } catch (error) {
      console.log(`  ${error.message}`);
      process.exitCode = 1;
    } finally {
      killAll();
    }
    if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  return results;
}

async function runBench() {
  const threads = count('threads', availableThreads());
  const settings = { threads, timeout: count('timeout'), rounds: count('rounds', options.quick ? 2 : 5) };
  const chosen = choose(options.only);
  const python = peersPython();
  const rows = await each(chosen, async (workload, before) => {
    const row = await compare(workload, { ...settings, python });
    const share = row.javaScriptShare === undefined ? '' : `; JavaScript ${digits(100 * row.javaScriptShare)} %`;
    console.log(`  ours ${row.ours}, ${JSON.stringify(row.peers)} ${row.unit}: ratio ${row.ratio}; CPU s ${row.oursCpuSeconds}, ${JSON.stringify(row.peersCpuSeconds)}: ratio ${row.cpuRatio}${share}`);
    if (options.markdown) writeBlock(options.markdown, 'bench', table([...before, row], machine(threads)));
    return row;
  });
  console.log(`\n${table(rows, machine(threads))}`);
}

async function runProfiles() {
  const threads = count('threads', 1);
  const timeout = count('timeout');
  await each(choose(options.profile), async (workload) => {
    const child = ourProcess(workload, 'profile', threads, await dataOf(workload));
    await within(timeout, `preparing ${child.name}`, child.answer());
    const profile = { workload: workload.name, precision: workload.precision, ...(await within(timeout, 'the profile', child.answer('profile 6'))) };
    const text = `${machine(threads)} ${profileTable(profile)}`;
    console.log(`\n${text}\n`);
    if (options.markdown) writeBlock(options.markdown, `profile ${workload.name} ${workload.precision}`, text);
    return profile;
  });
}

await setUp();
await buildOurs();
killChildrenAtExit();
await (options.profile ? runProfiles() : runBench());
process.exit();
