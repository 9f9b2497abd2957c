// A SimCLR run in a process of its own, for the test that kills it: node --import tsx --conditions=@ssl/source … FOLDER
import { useBackend } from '@ssl/backend';
import { lars, smallConvNet, train, warmupCosine } from '@ssl/core';
import { toyLoader } from '@ssl/core/testing';
import { simclrViews } from '@ssl/augment';
import { simclr } from '../simclr.ts';

await useBackend({ device: 'cpu' });
const result = await train({
  method: simclr({ backbone: smallConvNet({ widths: [8, 16], strides: [2, 2] }), dimension: 16 }),
  views: simclrViews({ size: 16 }),
  loader: toyLoader({ size: 16, batchSize: 32, batchesPerEpoch: 5 }),
  optimizer: lars(),
  learningRate: warmupCosine({ peak: 1, warmupSteps: 4 }),
  weightDecay: 1e-4,
  steps: 14,
  seed: 7,
  checkpoint: { folder: process.argv[2], everySteps: 3 },
  resume: true,
  hooks: [
    {
      name: 'tell',
      onStart: ({ firstStep }) => process.stdout.write(`from ${firstStep}\n`),
      onStep: ({ step }) => process.stdout.write(`step ${step}\n`),
    },
  ],
});
process.stdout.write(`${result.status}\n`);
