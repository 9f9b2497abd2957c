import { describe, expect, test } from 'vitest';
import golden from './__fixtures__/schedules.json' with { type: 'json' };
import { constant } from './constant.js';
import { cosine } from './cosine.js';
import { linearRamp } from './linear-ramp.js';
import { peakOfSchedule } from './peak-of-schedule.js';
import { resolveSchedule } from './resolve-schedule.js';
import type { Schedule } from './schedule.js';
import { sequence } from './sequence.js';
import { stepDecay } from './step-decay.js';
import { warmupCosine } from './warmup-cosine.js';

// torch.optim.lr_scheduler, lightly and DINO over 40 steps; made by tools/golden/schedules.py.
const total = 40;
const warmup = warmupCosine({ peak: 0.5, start: 0.1, end: 0.05, warmupSteps: 8 });

describe('schedules follow the reference', () => {
  test.each<[string, number[], Schedule]>([
    ['warmupCosine: LinearLR, then CosineAnnealingLR', golden.warmupCosine, warmup],
    [
      'sequence: SequentialLR',
      golden.warmupCosine,
      sequence([{ schedule: linearRamp(0.1, 0.5), steps: 8 }, { schedule: cosine(0.5, 0.05) }]),
    ],
    ['cosine: CosineAnnealingLR', golden.cosine, cosine(0.5, 0.1)],
    ['cosine: DINO teacher momentum', golden.dinoMomentum, cosine(0.996, 1)],
    ["cosine: lightly's, whose wave is one step shorter", golden.lightlyCosine, cosine(0.996, 1, total - 1)],
    ['linear: LinearLR', golden.linear, linearRamp(0.05, 0.5, 30)],
    ['step: MultiStepLR', golden.step, stepDecay({ start: 0.5, milestones: [10, 25] })],
  ])('%s', (_name, expected, schedule) => {
    expect(expected).toHaveLength(total);
    expected.forEach((value, index) => {
      expect(schedule(index, total), `step ${index}`).toBeCloseTo(value, 12);
    });
  });
});

describe('edges', () => {
  test('a run of one step and a warm-up longer than the run stay finite', () => {
    for (const totalSteps of [1, 4]) {
      for (let now = 0; now <= totalSteps; now++) expect(Number.isFinite(warmup(now, totalSteps))).toBe(true);
    }
    expect(warmupCosine({ peak: 1, warmupSteps: 0 })(0, 1)).toBe(1);
  });

  test('the end is kept after the last step', () => {
    expect([cosine(1, 0)(50, 40), linearRamp(0, 1)(50, 40), warmup(60, 40)]).toEqual([0, 1, 0.05]);
  });

  test('peakOfSchedule finds the highest value', () => {
    expect(peakOfSchedule(warmup, total)).toBe(0.5);
    expect(peakOfSchedule(constant(3), total)).toBe(3);
  });

  test('numbers become schedules, nonsense an error', () => {
    expect(resolveSchedule(0.2)(17, 40)).toBe(0.2);
    expect(() => resolveSchedule(Number.NaN, 'learningRate')).toThrow(/learningRate needs a finite number.*NaN/);
    expect(() => sequence([{ schedule: constant(1) }, { schedule: constant(2) }])).toThrow(/part 0 without a length/);
  });
});
