import { expect, test } from 'vitest';
import { inFlags } from './option-names.js';

const train = { name: 'train', flags: ['--batch-size', '--temperature', '--teacher-temperature', '--optimizer.clip-norm', '--accumulate', '--recompute', '--continue-from', '--resume', '--kept-layers', '--network', '--outputs', '--patch-outputs'] };
const embed = { name: 'embed', flags: ['--data', '--out', '--runs', '--device'] };

test.each([
  ['[@ssl/core] Lower the learning rate, clip the gradient (clipNorm), or use precision float32.', '[@ssl/core] Lower the learning rate, clip the gradient (--optimizer.clip-norm), or use precision float32.'],
  ['start a new one from its weights (initial).', 'start a new one from its weights (--continue-from).'],
  ['go on with that run (resume: true).', 'go on with that run (--resume).'],
  ['[@ssl/contrastive] ntXent needs a temperature above 0, got 0.', '[@ssl/contrastive] ntXent needs a temperature (--temperature) above 0, got 0.'],
  ['[@ssl/distill] dino needs a teacher temperature above 0, got 0.', '[@ssl/distill] dino needs a teacher temperature (--teacher-temperature) above 0, got 0.'],
  ['[@ssl/core] accumulate needs a divisor of the batch size 8, got 3.', '[@ssl/core] --accumulate needs a divisor of the batch size 8, got 3.'],
  ['got keptLayers = 5.', 'got --kept-layers = 5.'],
  ['a larger batch (option batchSize), or less', 'a larger batch (--batch-size), or less'],
  ['activation checkpointing (option checkpoint of the network).', 'activation checkpointing (--recompute).'],
  ['9 x 9 pixels are over the limit of 7 (option pixelLimit)', '9 x 9 pixels are over the limit of 7'],
  ['Set outputs to 3 and patchOutputs to 4 (--outputs, --patch-outputs).', 'Set outputs to 3 and --patch-outputs to 4 (--outputs, --patch-outputs).'],
  ['Give the number of heads (--heads).', 'Give the number of heads (--heads of ssl import).'],
  ['Train one with ssl train --method dvae, then give its run.', 'Train one with ssl train --method dvae, then give its run.'],
  ['Use vitTiny() or maskToken: true in ./myFile.ts, `batchSize`.', 'Use vitTiny() or maskToken: true in ./myFile.ts, `batchSize`.'],
])('in ssl train: %s', (message, said) => {
  expect(inFlags(message, train)).toBe(said);
});

test.each([
  ['clip the gradient (clipNorm).', 'clip the gradient.'],
  ['A smaller --batch-size.', 'A smaller --batch-size of ssl train.'],
  ['Write --data ./photos.', 'Write --data ./photos.'],
  ['Write npm run ssl -- report runs/a --fresh. Then --out.', 'Write npm run ssl -- report runs/a --fresh. Then --out.'],
])('in ssl embed: %s', (message, said) => {
  expect(inFlags(message, embed)).toBe(said);
});
