import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { apply } from '../modules/apply.js';
import { resnet18 } from '../modules/resnet.js';
import { withClassifier } from '../modules/with-classifier.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { loadStateDict } from './load-state-dict.js';
import { saveStateDict } from './save-state-dict.js';
import { fromStateDict, toStateDict } from './state-dict.js';

const torchFile = fileURLToPath(new URL('./__fixtures__/resnet18-narrow.safetensors', import.meta.url));
const golden = JSON.parse(
  readFileSync(new URL('./__fixtures__/resnet18-narrow.json', import.meta.url), 'utf8'),
) as { size: number; logits: number[] };

const backbone = resnet18({ width: 4, stem: 'cifar' });
const network = withClassifier(backbone, 3);

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

/** `images` of tools/golden/resnet.py. */
function images(size: number): tf.Tensor4D {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from('images')) state = Math.imul(state ^ byte, 0x01000193);
  const values = Float32Array.from({ length: 2 * size * size * 3 }, (_, i) => {
    let h = (state + i) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
  return tf.tensor4d(values, [2, size, size, 3]);
}

describe('state dictionaries', () => {
  it("a file that PyTorch wrote gives PyTorch's logits", async () => {
    const variables = await loadStateDict(torchFile, network.init(0));
    const { output } = apply(network, variables, images(golden.size), { training: false });
    output.dataSync().forEach((value, i) => expect(value).toBeCloseTo(golden.logits[i]!, 4));
  });

  it('our file equals the one that PyTorch wrote, byte for byte', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'ssl-state-')), 'resnet.safetensors');
    await saveStateDict(path, await loadStateDict(torchFile, network.init(0)));
    expect(Buffer.compare(await readFile(path), await readFile(torchFile))).toBe(0);
  });

  it('a backbone takes what it has and ignores the classifier when told so', async () => {
    const variables = await loadStateDict(torchFile, backbone.init(0), { ignore: (name) => name.startsWith('fc.') });
    expect(Object.keys(treeToMap(variables.params))).not.toContain('fc.weight');
    await expect(loadStateDict(torchFile, backbone.init(0))).rejects.toThrow(/unexpected fc\.bias\n {2}unexpected fc\.weight/);
  });

  it('names every missing, unexpected and misshapen tensor', async () => {
    const stored = await toStateDict(network.init(0));
    const { 'bn1.weight': moved, ...rest } = stored;
    const file = { ...rest, 'bn1.scale': moved!, 'fc.bias': { ...rest['fc.weight']! } };
    expect(() => fromStateDict(file, network.init(0), { source: 'a.safetensors' })).toThrow(
      /a\.safetensors does not fit the network \(3 differences\):\n {2}missing bn1\.weight\n {2}misshapen fc\.bias: \[3\] needed, \[3, 32\] in the file\n {2}unexpected bn1\.scale/,
    );
  });

  it('BF16 halves the file and keeps three digits', async () => {
    const variables = network.init(1);
    const folder = await mkdtemp(join(tmpdir(), 'ssl-state-'));
    await saveStateDict(join(folder, 'full'), variables);
    await saveStateDict(join(folder, 'half'), variables, { floatType: 'BF16' });
    const ratio = (await readFile(join(folder, 'half'))).length / (await readFile(join(folder, 'full'))).length;
    expect(ratio).toBeLessThan(0.6);
    const half = treeToMap((await loadStateDict(join(folder, 'half'), variables)).params)['fc.weight']!;
    const full = treeToMap(variables.params)['fc.weight']!;
    expect(tf.max(tf.abs(tf.sub(half, full))).dataSync()[0]).toBeLessThan(2e-3);
  });

  it('frees what it makes on the way', async () => {
    const variables = network.init(1);
    const before = tf.memory().numTensors;
    const stored = await toStateDict(variables);
    expect(tf.memory().numTensors).toBe(before);
    const loaded = fromStateDict(stored, variables);
    const count = Object.keys(treeToMap(loaded.params)).length + Object.keys(treeToMap(loaded.buffers)).length;
    expect(tf.memory().numTensors).toBe(before + count);
  });
});
