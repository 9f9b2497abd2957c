import { useBackend } from '@ssl/backend';
import { constant, smallConvNet } from '@ssl/core';
import { conformance } from '@ssl/core/testing';
import { beforeAll, describe, test } from 'vitest';
import { mochi, mocoV1, mocoV2 } from './moco.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const small = () => ({ backbone: smallConvNet({ widths: [8, 16], strides: [2, 2] }), dimension: 8, queue: 16, momentum: constant(0.9), shuffleGroups: 2 });

// A queue that held the images of the batch would punish the right answer, so the toy set is larger than the queue.
const toy = { toyBatches: 8, steps: 80, progress: { metric: 'accuracy', direction: 'rises' } } as const;

describe('mocoV1 conforms', () => conformance({ test, ...toy, method: () => mocoV1(small()) }));
describe('mocoV2 conforms', () => conformance({ test, ...toy, method: () => mocoV2(small()) }));
describe('mochi conforms', () =>
  conformance({
    test,
    ...toy,
    method: () => mochi({ ...small(), mixing: { hardest: 16, mixed: 8, mixedWithQuery: 4 } }),
    except: {
      'micro-batches give the loss and the gradients of the whole batch': 'the synthetic negatives are drawn anew for each micro-batch',
    },
  }));
