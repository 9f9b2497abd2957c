import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const packages = readdirSync(path.join(root, 'packages')).filter((name) => existsSync(path.join(root, 'packages', name, 'package.json')));
const { packageManager } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { packageManager: string };

const folder = mkdtempSync(path.join(tmpdir(), 'ssl-tarballs-'));
const user = path.join(folder, 'user');

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout ?? ''}\n${stderr ?? ''}`, { cause: error });
  }
}

/** A package of someone else: one factory, one plugin, outside the workspace. */
function writeThirdParty(): void {
  const third = path.join(folder, 'ssl-method-toy');
  mkdirSync(third);
  writeFileSync(
    path.join(third, 'package.json'),
    JSON.stringify({ name: 'ssl-method-toy', version: '1.0.0', type: 'module', exports: './index.js', peerDependencies: { '@ssl/core': '*', '@tensorflow/tfjs-core': '*' } }),
  );
  writeFileSync(
    path.join(third, 'index.js'),
    `import { apply, backboneFeatures, defineMethod, linear, sequential, warmupCosine } from '@ssl/core';
import { simclrViews } from '@ssl/augment';
import * as tf from '@tensorflow/tfjs-core';

export function toy({ backbone, dimension }) {
  const network = sequential({ backbone, projector: linear(backbone.featureDimension, dimension) });
  return defineMethod({
    name: 'toy', batch: { views: 2 }, coupling: 'none', schedules: {}, groups: [],
    init(seed) { const { params, buffers } = network.init(seed); return { params, aux: { buffers } }; },
    forward({ params, aux, views, training, key }) {
      const { output, buffers } = apply(network, { params, buffers: aux.buffers }, tf.concat(views), { training, key });
      const [first, second] = tf.split(output, 2);
      return { outputs: { first, second }, aux: { buffers } };
    },
    objective: ({ outputs }) => ({ loss: tf.mean(tf.squaredDifference(outputs.first, outputs.second)), metrics: {}, carry: {} }),
    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
  });
}

export const methods = [{
  specVersion: 'ssl-plugin/1', name: 'toy', summary: 'pulls two views together and does nothing else',
  defaults: { dimension: 8 }, smallData: {},
  create: ({ backbone, imageSize, channels }, { dimension }) => ({
    method: toy({ backbone, dimension }),
    views: simclrViews({ size: imageSize, channels }),
    recipe: { optimizer: 'sgd', learningRate: warmupCosine({ peak: 0.01, warmupSteps: 0 }), weightDecay: 0 },
  }),
}];
`,
  );
}

describe('the packed packages', () => {
  beforeAll(() => {
    for (const name of packages) rmSync(path.join(root, 'packages', name, 'dist'), { recursive: true, force: true });
    run(process.execPath, ['tools/run.mjs', 'build'], root);
    for (const name of packages) {
      run('npx', ['--yes', packageManager.split('+')[0]!, 'pack', '--pack-destination', folder], path.join(root, 'packages', name));
    }
    writeThirdParty();
    mkdirSync(user);
    writeFileSync(path.join(user, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
    const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz')).map((file) => `../${file}`);
    expect(tarballs).toHaveLength(packages.length);
    run('npm', ['install', '--no-audit', '--no-fund', '--install-links', ...tarballs, '../ssl-method-toy'], user);
  }, 600_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(packages)('@ssl/%s holds what its exports name and no tests', (name) => {
    const installed = path.join(user, 'node_modules/@ssl', name);
    const manifest = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as { exports: Record<string, { types: string; default: string }> };
    for (const entry of Object.values(manifest.exports)) {
      if (typeof entry === 'string') continue;
      expect(existsSync(path.join(installed, entry.types))).toBe(true);
      expect(existsSync(path.join(installed, entry.default))).toBe(true);
    }
    const files = readdirSync(installed, { recursive: true }) as string[];
    expect(files.filter((file) => !file.includes('node_modules') && /\.test\.(ts|js)$/.test(file))).toEqual([]);
    expect(existsSync(path.join(installed, 'README.md'))).toBe(true);
  });

  it.each(packages)('@ssl/%s is found by every kind of import', (name) => {
    const [tarball] = readdirSync(folder).filter((file) => file.startsWith(`ssl-${name}-`) && file.endsWith('.tgz'));
    run(process.execPath, [path.join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js'), path.join(folder, tarball!), '--profile', 'esm-only'], root);
    run(process.execPath, [path.join(root, 'node_modules/publint/src/cli.js'), path.join(folder, tarball!), '--strict'], root);
  });

  it('train five steps of SimCLR from an empty folder', () => {
    writeFileSync(
      path.join(user, 'train.js'),
      `import { useBackend } from '@ssl/backend';
import { simclr } from '@ssl/contrastive';
import { simclrViews } from '@ssl/augment';
import { sgd, smallConvNet, train } from '@ssl/core';
import { toyLoader } from '@ssl/core/testing';
await useBackend({ device: 'js' });
const result = await train({
  method: simclr({ backbone: smallConvNet({ widths: [4, 8], strides: [2, 2] }) }), views: simclrViews({ size: 8 }),
  loader: toyLoader(), optimizer: sgd(), learningRate: 0.01, steps: 5,
});
console.log(JSON.stringify({ status: result.status, step: result.step, finite: Number.isFinite(result.loss) }));
`,
    );
    expect(JSON.parse(run(process.execPath, ['train.js'], user).trim().split('\n').at(-1)!)).toEqual({ status: 'finished', step: 5, finite: true });
  });

  it("train five steps of a third party's method through the ssl command", () => {
    mkdirSync(path.join(user, 'photos'));
    writeFileSync(
      path.join(user, 'draw.js'),
      `import sharp from 'sharp';
for (let i = 0; i < 10; i++) {
  const background = { r: i * 25, g: 255 - i * 25, b: 100 };
  await sharp({ create: { width: 20, height: 16, channels: 3, background } }).png().toFile('photos/' + i + '.png');
}
`,
    );
    run(process.execPath, ['draw.js'], user);
    const output = run('npx', ['ssl', 'train', '--method', 'ssl-method-toy', '--data', 'photos', '--device', 'js', '--image-size', '16', '--batch-size', '2', '--epochs', '1'], user);
    expect(output).toMatch(/toy/);
    expect(readdirSync(path.join(user, 'runs')).length).toBe(1);
  });
});
