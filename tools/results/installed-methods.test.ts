import { expect, it } from 'vitest';
import { installedMethods } from './installed-methods.js';
import { fineTunedMethods, networkFor } from './small-network.js';

it('every package is there: a package that the root cannot import would be left out in silence', async () => {
  const names = (await installedMethods()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['simclr', 'byol', 'vicreg', 'mae', 'simmim', 'beit']));
  for (const left of ['uda', 'dvae', 'vq-kd']) expect(names).not.toContain(left);
});

it('methods that are fine-tuned work on patches, and one that cannot do without a trained network wants a tokenizer, which a run trains', async () => {
  for (const plugin of await installedMethods()) {
    const { name, frozen, create, defaults, smallData } = plugin;
    const backbone = networkFor(plugin, { size: 32, channels: 3 });
    if (fineTunedMethods.has(name)) expect(backbone.name).toBe('small-vit');
    const make = () => create({ backbone, imageSize: 32, channels: 3, batchSize: 256, datasetSize: 2560, totalSteps: 100, stepsPerEpoch: 10 }, { ...defaults, ...smallData });
    if (frozen?.includes('tokenizer') === true) expect(make).toThrow('needs a tokenizer');
    else expect(make().method.batch.views).toBeGreaterThan(0);
  }
});
