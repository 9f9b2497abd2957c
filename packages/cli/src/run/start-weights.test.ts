import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { methods as cca } from '@ssl/cca';
import { methods as contrastive } from '@ssl/contrastive';
import { disposeTree, toStateDict, treeToMap } from '@ssl/core';
import { methods as distill } from '@ssl/distill';
import { methods as mim } from '@ssl/mim';
import { createBackbone, initialWeights, type ImportedBackbone } from '@ssl/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { methodOptions } from '../methods/method-options.js';
import { pluginsOf, type AnyPlugin } from '../methods/plugins-of.js';

const trainedSize = 16;
const description = { kind: 'vision-transformer', options: { imageSize: trainedSize, patchSize: 4, width: 16, depth: 2, heads: 2, interpolation: 'dino' } } as const;

let backbone: ImportedBackbone;
beforeAll(async () => {
  await useBackend({ device: 'js' });
  const variables = createBackbone(description).init(77);
  backbone = { description, tensors: await toStateDict(variables), from: 'dino', root: '', leftOut: [], normalization: 'imagenet', source: 'dino.pth', sha256: '' };
  disposeTree(variables);
});

const plugins: AnyPlugin[] = [cca, contrastive, distill, mim].flatMap((methods) => pluginsOf({ methods }, 'the package')).filter(
  // dvae trains a tokenizer without a backbone, the others need another run first.
  ({ name, frozen = [] }) => (frozen.length === 0 && name !== 'dvae') || name === 'dinov2',
);

function create(plugin: AnyPlugin, imageSize: number) {
  const context = { backbone: createBackbone(description), imageSize, channels: 3, batchSize: 4, datasetSize: 16, totalSteps: 10, stepsPerEpoch: 4, classes: 2 };
  return plugin.create(context, methodOptions(plugin, true, {})).method;
}

describe('training from weights of elsewhere', () => {
  it.each(plugins.map((plugin) => [plugin.name, plugin] as const))('%s starts from them, in every copy of the backbone', async (_, plugin) => {
    const method = create(plugin, trainedSize);
    const start = initialWeights(method, 0, backbone);
    const copies = Object.entries(treeToMap({ params: start.params, aux: start.aux })).filter(([path]) => path.endsWith('.backbone.blocks.1.attn.qkv.weight'));
    expect(copies.length).toBeGreaterThan(0);
    const given = createBackbone(description).init(77);
    const expected = treeToMap(given.params);
    for (const [path, tensor] of copies) expect([...(await tensor.data())], path).toEqual([...(await expected['blocks.1.attn.qkv.weight']!.data())]);
    const names = Object.keys(treeToMap(start.params)).filter((path) => path.startsWith('backbone.'));
    const same = await Promise.all(names.map(async (path) => String(await treeToMap(start.params)[path]!.data()) === String(await expected[path.slice('backbone.'.length)]?.data())));
    const others = names.filter((__, i) => !same[i]).map((path) => path.replace(/^backbone\.(blocks\.\d\.)?/, ''));
    // What the file does not have: a mask token, and layer scales, which leave the network as it was.
    expect([...new Set(others)].filter((name) => !['mask_token', 'ls1.gamma', 'ls2.gamma'].includes(name))).toEqual([]);
    for (const [path, tensor] of Object.entries(treeToMap(start.params))) if (/ls[12]\.gamma$/.test(path)) expect([...(await tensor.data())].every((value) => value === 1)).toBe(true);
    disposeTree([start.params, start.aux, given]);
  });

  it('says which method has no backbone', () => {
    const dvae = pluginsOf({ methods: mim }, 'the package').find(({ name }) => name === 'dvae')!;
    expect(() => initialWeights(create(dvae, trainedSize), 0, backbone)).toThrow(/dvae was to start from dino\.pth, but its parameters have no branch 'backbone'/);
  });

  it.each(['ibot', 'simmim'])('%s resizes the positions where its network has another image size', async (name) => {
    const method = create(plugins.find((plugin) => plugin.name === name)!, 32);
    const start = initialWeights(method, 0, backbone);
    const positions = treeToMap(start.params)['backbone.pos_embed']!;
    expect(positions.shape).toEqual([1, 65, 16]);
    const own = createBackbone(description).init(77);
    const first = tf.slice(treeToMap(own.params).pos_embed!, [0, 0, 0], [1, 1, 16]);
    expect([...(await tf.slice(positions, [0, 0, 0], [1, 1, 16]).data())]).toEqual([...(await first.data())]);
    expect(new Set(await tf.slice(positions, [0, 1, 0], [1, 64, 1]).data()).size).toBeGreaterThan(32);
  });
});
