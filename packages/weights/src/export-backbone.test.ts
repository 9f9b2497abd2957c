import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { apply, type StoredTensor } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBackbone } from './backbone/backbone-description.js';
import { foldNormalization } from './backbone/fold-normalization.js';
import { backboneVariables } from './backbone/require-complete.js';
import { exportBackbone } from './export-backbone.js';
import { importBackbone } from './import-backbone.js';
import { readWeights } from './read-weights.js';

const read = (name: string) => readWeights(fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url)));
const backboneOf = async (name: string, heads?: number) => importBackbone(await read(name), heads === undefined ? {} : { heads });

/** Everything that `load_state_dict(strict=True)` looks at, and the numbers. */
const described = (tensors: Readonly<Record<string, StoredTensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, bytes: Buffer.from(bytes).toString('base64') }]));

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('exportBackbone', () => {
  it.each([
    ['timm-vit.safetensors', 'timm', 'head.', 2],
    ['timm-dinov2-registers.safetensors', 'timm', 'head.', 2],
    ['timm-beit.safetensors', 'timm', 'head.', undefined],
    ['torchvision-vit.pth', 'torchvision', 'heads.', 2],
  ] as const)('gives back what %s holds, but for the classifier', async (name, to, head, heads) => {
    const { tensors } = await read(name);
    const expected = Object.fromEntries(Object.entries(tensors).filter(([key]) => !key.startsWith(head)));
    expect(described(exportBackbone(await backboneOf(name, heads), to).tensors)).toEqual(described(expected));
  });

  it('gives the names of another library: a DINO network for torchvision, a torchvision one for timm', async () => {
    const { tensors: torchvision } = await read('torchvision-vit.pth');
    const names = Object.keys(torchvision).filter((name) => !name.startsWith('heads.'));
    expect(Object.keys(exportBackbone(await backboneOf('dino.pth', 2), 'torchvision').tensors).sort()).toEqual(names.sort());
    const { tensors: timm } = await read('timm-vit.safetensors');
    expect(Object.keys(exportBackbone(await backboneOf('torchvision-vit.pth', 2), 'timm').tensors).sort()).toEqual(Object.keys(timm).filter((name) => !name.startsWith('head.')).sort());
  });

  it('leaves out the mask token, and says so', async () => {
    const exported = exportBackbone(await backboneOf('lightly-vit.pth', 2), 'timm');
    expect(exported.tensors).not.toHaveProperty('mask_token');
    expect(exported.leftOut.map(({ name }) => name)).toEqual(['mask_token']);
  });

  it('refuses what the library does not have', async () => {
    await expect(backboneOf('timm-dinov2-registers.safetensors', 2).then((backbone) => exportBackbone(backbone, 'torchvision'))).rejects.toThrow(/registers.*--to pytorch$/);
    await expect(backboneOf('torchvision-resnet18.pth').then((backbone) => exportBackbone(backbone, 'timm'))).rejects.toThrow(/ResNet of width 2.*--to pytorch$/);
    expect(exportBackbone(await backboneOf('torchvision-resnet18.pth'), 'pytorch').module).toBeDefined();
  });

  it('says how PyTorch loads it', async () => {
    const exported = exportBackbone(await backboneOf('timm-dinov2-registers.safetensors', 2), 'timm');
    const python = exported.python({ file: 'a $& b/FILE' });
    expect(python).toContain('embed_dim=16, depth=2, num_heads=2');
    expect(python).toContain('reg_tokens=4, no_embed_class=True');
    expect(python).toContain("model.load_state_dict(load_file('a $& b/FILE'), strict=True)");
    expect(python).toContain('transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))');
    expect(JSON.parse(exported.metadata.preprocessing!)).toMatchObject({ input_size: [3, 24, 24], mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] });
    expect(exported.python({ file: "it's" })).toContain('load_file("it\'s")');
  });
});

describe('foldNormalization', () => {
  it('makes a network of 0.5 and 0.5 see images of ImageNet statistics as it saw its own', async () => {
    const backbone = await backboneOf('timm-beit.safetensors');
    expect(backbone.normalization).toBe('half');
    const folded = foldNormalization(backbone);
    const network = createBackbone(backbone.description);
    tf.tidy(() => {
      const pixels = tf.tensor4d(Float32Array.from({ length: 24 * 24 * 3 }, (_, i) => ((i * 7919) % 1009) / 1009), [1, 24, 24, 3]);
      const half = tf.div(tf.sub(pixels, 0.5), 0.5);
      const imagenet = tf.div(tf.sub(pixels, [0.485, 0.456, 0.406]), [0.229, 0.224, 0.225]);
      const features = (from: typeof backbone, images: tf.Tensor) =>
        apply(network, backboneVariables(from.tensors, network, 'the file'), images as tf.Tensor4D, { training: false }).output;
      const difference = tf.max(tf.abs(tf.sub(features(folded, imagenet), features(backbone, half))));
      expect(difference.arraySync() as number).toBeLessThan(1e-4);
      expect(tf.max(tf.abs(tf.sub(features(backbone, imagenet), features(backbone, half)))).arraySync() as number).toBeGreaterThan(1e-2);
    });
  });

  it('leaves others as they are', async () => {
    const backbone = await backboneOf('timm-vit.safetensors', 2);
    expect(foldNormalization(backbone)).toBe(backbone);
  });
});
