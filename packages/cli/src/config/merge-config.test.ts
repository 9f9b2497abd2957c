import { expect, test } from 'vitest';
import { mergeConfig } from './merge-config.js';

test('flags win over the file, nested keys one by one', () => {
  expect(mergeConfig({ epochs: 3, optimizer: { name: 'adamw', learningRate: 1 }, seed: 1 }, { epochs: 5, optimizer: { learningRate: 2 } })).toEqual({
    epochs: 5,
    optimizer: { name: 'adamw', learningRate: 2 },
    seed: 1,
  });
});
