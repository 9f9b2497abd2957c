/**
 * `npm run results -- [--only METHOD] [--dataset emoji|fashion-mnist] [--seeds 3] [--views 1000000] [--peers] [--again]`: trains every
 * installed method on the same number of views and writes docs/results/equal-budget.{md,json}. A finished run, ours or the peer's, is kept
 * in tools/results/.cache, in short in equal-budget.json, and not made again on any machine, unless `--again` asks for it or the method's
 * preset has changed; Ctrl-C loses at most the run under way. The peers need the Python of tools/bench (SSL_BENCH_PYTHON, or
 * tools/bench/.venv, which `npm run bench` makes).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setUp } from '../setup.mjs';
import { mergedRows, publishedRuns, tablePage, tableRows } from './table.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const cache = path.join(here, '.cache');
const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    dataset: { type: 'string', multiple: true },
    seeds: { type: 'string' },
    views: { type: 'string', default: '1000000' },
    peers: { type: 'boolean', default: false },
    again: { type: 'boolean', default: false }, // what was published by another machine is made here too
    table: { type: 'boolean', default: false }, // from the runs that are there
  },
});
const views = Number(flags.views);
/** Methods that lightly has too, with a loss and a head of their own. */
const peers = ['simclr', 'moco-v1', 'moco-v2', 'simsiam', 'byol', 'barlow-twins', 'vicreg', 'swav', 'dino', 'ibot', 'dinov2', 'mae', 'simmim'];
const usualSeeds = { emoji: 3, 'fashion-mnist': 1 };

await setUp();
mkdirSync(path.join(cache, 'runs'), { recursive: true });
const installed = JSON.parse(child('list-methods.ts', []).stdout.trim().split('\n').at(-1));
const chosen = installed.filter(({ name }) => flags.only === undefined || flags.only.includes(name));
const unknown = (flags.only ?? []).filter((name) => !installed.some((one) => one.name === name));
const strange = (flags.dataset ?? []).filter((name) => !(name in usualSeeds));
if (unknown.length > 0 || strange.length > 0 || !(views >= 1000)) {
  console.error(`--only knows ${installed.map(({ name }) => name).join(', ')}; --dataset ${Object.keys(usualSeeds).join(', ')}; --views at least 1000. Got ${[...unknown, ...strange, flags.views].join(', ')}.`);
  process.exit(1);
}
const python = process.env.SSL_BENCH_PYTHON ?? path.join(root, 'tools/bench/.venv/bin/python');
if (flags.peers && !existsSync(python)) {
  console.error('The peers need PyTorch and lightly: run `npm run bench` once, which installs them, or set SSL_BENCH_PYTHON.');
  process.exit(1);
}

const docs = path.join(root, 'docs/results');
// Another preset is another run: it is never mistaken for one that is there.
const presets = new Map(installed.map(({ name, preset }) => [name, createHash('sha256').update(JSON.stringify(preset)).digest('hex').slice(0, 8)]));
const publishedFile = path.join(docs, 'equal-budget.json');
const published = (existsSync(publishedFile) ? JSON.parse(readFileSync(publishedFile, 'utf8')) : []).filter(
  (row) => row.preset === presets.get(row.method) && Math.abs(row.views / views - 1) < 0.01,
);
const baselines = {};
for (const dataset of flags.dataset ?? Object.keys(usualSeeds)) {
  const seeds = Number(flags.seeds ?? usualSeeds[dataset]);
  // Seed by seed, so that an interrupted table has a row for every method first.
  for (let seed = 0; seed < seeds && !flags.table; seed++) {
    for (const { name, preset } of chosen) {
      for (const kind of flags.peers && peers.includes(name) ? ['ours', 'peer'] : ['ours']) {
        if (!flags.again && wasPublished({ kind, dataset, method: name, seed })) continue;
        // The preset goes along: an edit of the source while the table is made does not put one preset's run under another's name.
        const request = { kind, dataset, method: name, seed, views, options: preset, ...(kind === 'peer' ? { python } : {}) };
        await once(request, path.join(cache, 'runs', `${kind}-${dataset}-${name}-${views}-${seed}-${presets.get(name)}.json`));
      }
      await write();
    }
  }
}
await write();

/** Whether the run is part of a published row; of rows without single runs the number of seeds tells. */
function wasPublished({ kind, dataset, method, seed }) {
  const row = published.find((one) => one.dataset === dataset && one.method === method);
  if (row === undefined) return false;
  if (row.runs === undefined) return seed < (kind === 'ours' ? row.seeds : (row.peer?.seeds ?? 0));
  return publishedRuns(row).some((run) => run.kind === kind && run.seed === seed);
}

/** One run in a process of its own, unless it was made before. */
async function once(request, out) {
  if (existsSync(out)) return;
  const label = [request.kind, request.dataset, request.method, request.seed === undefined ? '' : `seed ${request.seed}`].filter(Boolean).join(' ');
  console.log(`${label} ...`);
  const { status } = child('run-one.ts', [JSON.stringify({ ...request, out, cache })], 'inherit');
  if (status !== 0) {
    console.error(`${label} ended with ${status}; its row stays empty.`);
    process.exitCode = 1;
    if (status === null) process.exit(130);
  } else if (request.kind !== 'baselines') {
    const { knn, linear, untrained, seconds, fineTuned, fromScratch } = JSON.parse(readFileSync(out, 'utf8'));
    const tuned = fineTuned === undefined ? '' : `, fine-tuned ${(100 * fineTuned).toFixed(1)} % (from scratch ${(100 * fromScratch).toFixed(1)} %)`;
    console.log(`  kNN ${(100 * knn).toFixed(1)} % (untrained ${(100 * untrained.knn).toFixed(1)} %), linear ${(100 * linear).toFixed(1)} %${tuned}, ${seconds.toFixed(0)} s`);
  }
}

function child(script, args, stdout = 'pipe') {
  return spawnSync(process.execPath, ['--import', 'tsx', '--conditions=@ssl/source', script, ...args], { cwd: here, stdio: ['ignore', stdout, 'inherit'], encoding: 'utf8' });
}

/** The table from every run that is there with today's presets, and from what was published of other machines. */
async function write() {
  const made = readdirSync(path.join(cache, 'runs'))
    .sort()
    .filter((name) => name.endsWith('.json') && name.includes(`-${views}-`))
    .map((name) => ({ name, run: JSON.parse(readFileSync(path.join(cache, 'runs', name), 'utf8')) }))
    .filter(({ name, run }) => name.endsWith(`-${presets.get(run.method)}.json`))
    .map(({ run }) => run);
  const same = (a) => (b) => ['kind', 'dataset', 'method', 'seed'].every((key) => a[key] === b[key]);
  const runs = [...made, ...published.flatMap(publishedRuns).filter((run) => !made.some(same(run)))];
  for (const dataset of new Set([...runs, ...published].map((run) => run.dataset))) {
    const file = path.join(cache, `baselines-${dataset}.json`);
    await once({ kind: 'baselines', dataset }, file);
    if (existsSync(file)) baselines[dataset] = JSON.parse(readFileSync(file, 'utf8'));
  }
  const today = { time: new Date().toISOString().slice(0, 10), machine: `${cpus().length} cores of ${cpus()[0].model}` };
  const isNew = (row) => made.some(({ dataset, method }) => dataset === row.dataset && method === row.method);
  const now = tableRows(runs, baselines).map((row) => ({ ...row, preset: presets.get(row.method), made: isNew(row) ? today : undefined }));
  const order = (row) => Object.keys(usualSeeds).indexOf(row.dataset) * 1000 + installed.findIndex(({ name }) => name === row.method);
  const rows = mergedRows(published, now).sort((a, b) => order(a) - order(b));
  if (rows.length === 0) return;
  mkdirSync(docs, { recursive: true });
  writeFileSync(publishedFile, `${JSON.stringify(rows, undefined, 2)}\n`);
  writeFileSync(path.join(docs, 'equal-budget.md'), tablePage(rows, { baselines, views }));
}
