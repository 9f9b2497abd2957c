// A run in a process of its own, for the test that kills it: node --import tsx --conditions=@ssl/source … FOLDER
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { adamw } from '../../optimizers/adamw.ts';
import { warmupCosine } from '../../schedules/warmup-cosine.ts';
import { toyLoader } from '../../testing/toy-loader.ts';
import { toyMethod } from '../../testing/toy-method.ts';
import { toyViews } from '../../testing/toy-views.ts';
import { train } from '../train.ts';

const [folder, accumulate] = process.argv.slice(2);
await tf.setBackend('cpu');
const result = await train({
  method: toyMethod({ batchNorm: true }),
  views: toyViews(),
  loader: toyLoader({ batchesPerEpoch: 5 }),
  optimizer: adamw(),
  learningRate: warmupCosine({ peak: 0.01, warmupSteps: 4 }),
  weightDecay: 0.05,
  steps: 14,
  seed: 7,
  accumulate: Number(accumulate),
  checkpoint: { folder, everySteps: 3 },
  resume: true,
  hooks: [
    {
      name: 'tell',
      onStart: ({ firstStep }) => process.stdout.write(`from ${firstStep}\n`),
      onStep: ({ step }) => process.stdout.write(`step ${step}\n`),
    },
  ],
});
process.stdout.write(`${result.status} ${result.checkpoint}\n`);
