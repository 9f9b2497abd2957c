/**
 * Keeps docs/results/invariance.md true: the page's numbers are measured again, method by method.
 * `SSL_WRITE_DOCS=1 npx vitest run --project tools invariance` writes the page anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { frozenNetwork, smallConvNet, visionTransformer, type MethodPlugin } from '@ssl/core';
import { invariance } from '@ssl/core/testing';
import { dvae } from '@ssl/mim';
import { beforeAll, describe, expect, it } from 'vitest';
import { installedMethods } from './installed-methods.js';

const page = fileURLToPath(new URL('../../docs/results/invariance.md', import.meta.url));
const names = [
  'simclr',
  'moco-v1',
  'moco-v2',
  'moco-v3',
  'mochi',
  'simsiam',
  'byol',
  'dino',
  'barlow-twins',
  'vicreg',
  'swav',
  'moco-v3-vit',
  'ibot',
  'dinov2',
  'mae',
  'simmim',
  'beit',
] as const;

/** Heads of a size that a toy batch supports; everything else is the small-data preset. */
const small: Readonly<Record<string, number>> = {
  dimension: 16, hidden: 32, projectorWidth: 32, bottleneck: 8, prototypes: 16, outputs: 32, patchOutputs: 32, queue: 128, hardest: 32, mixed: 16, mixedWithQuery: 8, shuffleGroups: 1, mixingFromEpoch: 0,
};

const networkFor = ({ network }: MethodPlugin) =>
  network === 'transformer'
    ? visionTransformer({ name: 'vit', imageSize: 16, patchSize: 4, width: 24, depth: 2, heads: 3 })
    : smallConvNet({ widths: [8, 16], strides: [2, 2] });

/** What BEiT is given: a dVAE at its start. */
function tokenizer() {
  const method = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 });
  return frozenNetwork({ method, state: method.init(1), imageSize: 16, channels: 3 });
}

/** The method, and the views that it needs other than noise on the image: those with masks. */
async function methodOf(name: string, batchSize: number, change: object = {}) {
  const plugin = (await installedMethods()).find((candidate) => candidate.name === name)!;
  const sizes = Object.fromEntries(Object.entries(small).filter(([key]) => key in plugin.defaults));
  const context = { backbone: networkFor(plugin), imageSize: 16, channels: 3, batchSize, datasetSize: 4 * batchSize, totalSteps: 40, stepsPerEpoch: 4 };
  const frozen = plugin.frozen?.includes('tokenizer') === true ? { frozen: { tokenizer: tokenizer() } } : {};
  const { method, views } = plugin.create({ ...context, ...frozen }, { ...plugin.defaults, ...plugin.smallData, ...sizes, ...change });
  return { method, ...(plugin.network === 'transformer' ? { views } : {}) };
}

interface Row { readonly coupling: string; readonly loss: number; readonly gradient: number }

function rowsOfPage(): Map<string, Row> {
  const rows = readFileSync(page, 'utf8').matchAll(/^\| ([a-z0-9-]+) \| (none|batch) \| exact \| ([\d.]+) % \| ([\d.]+) % \|$/gm);
  return new Map([...rows].map(([, name, coupling, loss, gradient]) => [name!, { coupling: coupling!, loss: Number(loss) / 100, gradient: Number(gradient) / 100 }]));
}

/** 4 micro-batches of 64, as in a real run. */
const measure = (made: Awaited<ReturnType<typeof methodOf>>) => invariance({ ...made, batchSize: 256, batchStatistics: true });

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
  if (process.env.SSL_WRITE_DOCS === undefined) return;
  const table = await Promise.all(
    names.map(async (name) => {
      const made = await methodOf(name, 256);
      const { loss, gradient } = await measure(made);
      return `| ${name} | ${made.method.coupling} | exact | ${(100 * loss).toFixed(1)} % | ${(100 * gradient).toFixed(0)} % |`;
    }),
  );
  const text = readFileSync(page, 'utf8');
  const header = text.slice(0, text.indexOf('| --- |'));
  const rest = text.slice(text.indexOf('\n\n', text.indexOf('| --- |')));
  writeFileSync(page, `${header}| --- | --- | --- | --- | --- |\n${table.join('\n')}${rest}`);
});

describe('micro-batches against the whole batch', () => {
  it.each(names)('%s: exact in its own arithmetic; batch norm is off by what the page says', async (name) => {
    // MoCHi's micro-batches draw mixing coefficients of their own.
    const exact = await invariance(await methodOf(name, 32, name === 'mochi' ? { mixingFromEpoch: 10 } : {}));
    expect(exact.loss).toBeLessThan(1e-5);
    expect(exact.gradient).toBeLessThan(1e-3);
    const made = await methodOf(name, 256);
    const row = rowsOfPage().get(name);
    expect(row?.coupling).toBe(made.method.coupling);
    const measured = await measure(made);
    expect(Math.abs(measured.loss - row!.loss)).toBeLessThan(0.005 + 0.2 * row!.loss);
    expect(Math.abs(measured.gradient - row!.gradient)).toBeLessThan(0.02 + 0.2 * row!.gradient);
  });
});
