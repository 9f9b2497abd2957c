import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@ssl/backend';
import { methods as contrastive } from '@ssl/contrastive';
import { disposeTree, toStateDict, treeToMap } from '@ssl/core';
import { methods as distill } from '@ssl/distill';
import { methods as mim } from '@ssl/mim';
import { createBackbone, initialWeights, saveBackbone, type ImportedBackbone } from '@ssl/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { methodOptions } from '../methods/method-options.js';
import { pluginsOf } from '../methods/plugins-of.js';
import { settingsOfStart } from '../settings/settings-of-start.js';
import { loadRunOrWeights } from './load-weights.js';

// As BEiT: biases by relative position, a table for each block.
const description = { kind: 'vision-transformer', options: { imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, positions: 'relative' } } as const;
const facts = { size: 100, channels: 3, side: 64 };

let folder = '';
let backbone: ImportedBackbone;
beforeAll(async () => {
  await useBackend({ device: 'js' });
  folder = mkdtempSync(join(tmpdir(), 'ssl-relative-'));
  const variables = createBackbone(description).init(7);
  for (const [name, tensor] of Object.entries(treeToMap(variables.params))) {
    // Fresh tables are zero, and zero stays zero at every size.
    if (name.endsWith('relative_position_bias_table')) tensor.dataSync().forEach((_, i, values) => (values[i] = Math.sin(i)));
  }
  backbone = { description, tensors: await toStateDict(variables), from: 'timm', root: '', leftOut: [], normalization: 'imagenet', source: 'beit.pth', sha256: '' };
  disposeTree(variables);
  await saveBackbone(join(folder, 'beit.safetensors'), backbone);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('weights with relative positions', () => {
  it('go on at another image size', () => {
    expect(settingsOfStart(backbone, { imageSize: 32 }, facts).imageSize).toBe(32);
    expect(settingsOfStart(backbone, {}, facts).imageSize).toBe(16);
    expect(() => settingsOfStart(backbone, { imageSize: 30 }, facts)).toThrow(/patches of 4 pixels, which do not divide --image-size 30/);
  });

  it.each(['simclr', 'simmim', 'ibot'])('%s starts from them at twice the size, and its features are finite and of the table', (name) => {
    const plugin = [contrastive, distill, mim].flatMap((methods) => pluginsOf({ methods }, 'the package')).find((each) => each.name === name)!;
    const context = { backbone: createBackbone(description), imageSize: 32, channels: 3, batchSize: 4, datasetSize: 16, totalSteps: 10, stepsPerEpoch: 4 };
    const { method } = plugin.create(context, methodOptions(plugin, true, {}));
    const start = initialWeights(method, 0, backbone);
    const tables = Object.entries(treeToMap(start.params)).filter(([path]) => path.startsWith('backbone.') && path.endsWith('relative_position_bias_table'));
    expect(tables).toHaveLength(2);
    for (const [, table] of tables) {
      // Either the file's table, which the network resizes, or one for 8 x 8 patches; not the zeros of a fresh one.
      expect([7 * 7 + 3, 15 * 15 + 3]).toContain(table.shape[0]);
      expect(tf.mean(tf.abs(table)).dataSync()[0]).toBeGreaterThan(0.3);
    }
    const images = tf.randomUniform<tf.Rank.R4>([2, 32, 32, 3], -1, 1, 'float32', 1);
    const features = method.embed({ params: start.params, aux: start.aux, images });
    expect([...features.dataSync()].every(Number.isFinite)).toBe(true);
    disposeTree([start.params, start.aux]);
  });

  it('are looked at as they are', async () => {
    const { run, checkpoint } = await loadRunOrWeights('beit.safetensors', folder, folder, 'photos');
    expect(run.description.imageSize).toBe(16);
    expect(run.description.init?.read).toBe(join(folder, 'beit.safetensors'));
    disposeTree([checkpoint.params, checkpoint.aux]);
  });
});
