import { expect, it } from 'vitest';
import { installedMethods } from './installed-methods.js';
import { fineTunedMethods, networkFor } from './small-network.js';

it('every package is there: a package that the root cannot import would be left out in silence', async () => {
  const names = (await installedMethods()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['simclr', 'byol', 'vicreg', 'mae', 'simmim', 'beit']));
  for (const left of ['uda', 'dvae', 'vq-kd']) expect(names).not.toContain(left);
});

it('methods that are fine-tuned work on patches, and a run with a tokenizer knows how to train one', async () => {
  const methods = await installedMethods();
  for (const name of fineTunedMethods) expect(networkFor(name, { size: 32, channels: 3 }).name).toBe('small-vit');
  expect(methods.filter(({ frozen }) => frozen !== undefined && !frozen.every((role) => role === 'tokenizer'))).toEqual([]);
});
