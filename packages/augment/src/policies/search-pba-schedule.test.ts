import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  exploitPopulation,
  explorePbaPolicy,
  pbaPolicyAt,
  populationBasedAugment,
  searchPbaSchedule,
  type PbaSearchInput,
  type PbaSearchResult,
  type PbaSearchState,
} from '../index.js';

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

const uniforms = (count: number, step = 0): Float32Array => randomUniform([count], randomKey(5, step, 'test')).dataSync<'float32'>();

/**
 * The explore step of the paper as it stands there (algorithm 2), with every draw replaced by all of its outcomes: the probability
 * of each new value.
 */
function literalExplore(param: number, domain: readonly number[]): number[] {
  const probability = domain.map(() => 0);
  const [lowest, highest] = [Math.min(...domain), Math.max(...domain)];
  // if random(0, 1) < 0.2 then: resample param uniformly from its domain
  for (const value of domain) probability[value]! += 0.2 / domain.length;
  // else: amt = [0, 1, 2, 3] uniformly at random
  for (const amt of [0, 1, 2, 3]) {
    // if random(0, 1) < 0.5 then param = param + amt else param = param - amt; clip param
    for (const moved of [param + amt, param - amt]) {
      const clipped = Math.max(lowest, Math.min(highest, moved));
      probability[clipped]! += (0.8 / 4) * 0.5;
    }
  }
  return probability;
}

describe('explorePbaPolicy', () => {
  it.each([
    [0, 'probability', 0],
    [5, 'probability', 0],
    [9, 'probability', 0],
    [0, 'level', 1],
    [4, 'level', 1],
    [8, 'level', 1],
  ])('draws from %i (%s) what the pseudo-code of the paper draws (chi-square)', (start, _, place) => {
    const count = 20_000;
    const domain = Array.from({ length: place === 0 ? 11 : 10 }, (__, value) => value);
    const policy = new Array<number>(2 * count).fill(start);
    const explored = explorePbaPolicy(policy, uniforms(policy.length * 3)).filter((__, at) => at % 2 === place);
    const counts = domain.map((value) => explored.filter((drawn) => drawn === value).length);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(count);
    const expected = literalExplore(start, domain).map((share) => share * count);
    const chiSquare = counts.reduce((sum, value, at) => sum + (value - expected[at]!) ** 2 / expected[at]!, 0);
    expect(chiSquare).toBeLessThan(35.6); // 10 degrees of freedom, p = 0.0001
  });

  it('changes each number by itself', () => {
    expect(explorePbaPolicy([4, 2], [0.9, 0.6, 0.7, 0.1, 0.5, 0])).toEqual([6, 5]);
    expect(explorePbaPolicy([10, 9], [0.9, 0.99, 0.7, 0.9, 0.99, 0.7])).toEqual([10, 9]);
    expect(explorePbaPolicy([1, 2], [0.9, 0.99, 0.2, 0.9, 0.99, 0.2])).toEqual([0, 0]);
  });
});

describe('exploitPopulation', () => {
  it('replaces the worst quarter by members of the best quarter, each as often', () => {
    const scores = Array.from({ length: 16 }, (_, member) => (member * 7) % 16); // 0 .. 15, mixed
    const chosen = new Map<number, number>();
    for (let trial = 0; trial < 1000; trial++) {
      const replacements = exploitPopulation(scores, uniforms(16, trial));
      expect(replacements.map(({ to }) => scores[to]).sort()).toEqual([0, 1, 2, 3]);
      for (const { from } of replacements) chosen.set(scores[from]!, (chosen.get(scores[from]!) ?? 0) + 1);
    }
    expect([...chosen.keys()].sort((a, b) => a - b)).toEqual([12, 13, 14, 15]);
    const chiSquare = [...chosen.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(21.1); // 3 degrees of freedom, p = 0.0001
  });

  it('takes what is no number for the worst, and never replaces more than half', () => {
    expect(exploitPopulation([0.1, NaN, 0.2, 0.3], [0, 0, 0, 0])).toEqual([{ from: 3, to: 1 }]);
    expect(exploitPopulation([1, 2, 3], [0, 0, 0])).toEqual([{ from: 2, to: 0 }]);
    expect(exploitPopulation([1, 2], [0, 0])).toEqual([{ from: 1, to: 0 }]);
    expect(exploitPopulation([1], [0])).toEqual([]);
  });
});

/** "Weights" are the list of all that they were trained with; how good they are is how much rotation there was. */
function toySearch(ended: (calls: number) => boolean = () => false): { input: PbaSearchInput; saved: () => PbaSearchState | undefined; calls: () => number } {
  let state: string | undefined;
  let calls = 0;
  return {
    input: {
      population: 8,
      epochs: 11,
      interval: 2,
      seed: 3,
      train: ({ weights, policy, from, to, member }) => {
        calls++;
        if (ended(calls)) return Promise.reject(new Error('killed'));
        const past = JSON.parse(weights ?? '[]') as unknown[];
        return Promise.resolve(JSON.stringify([...past, { from, to, policy, member }]));
      },
      evaluate: (weights) => {
        const past = JSON.parse(weights) as { policy: number[]; member: number; from: number; to: number }[];
        return Promise.resolve(past.reduce((sum, { policy, from, to }) => sum + (to - from) * policy[0]!, 0) + (past[0]?.member ?? 0) / 100);
      },
      save: (next) => {
        state = JSON.stringify(next);
      },
    },
    saved: () => (state === undefined ? undefined : (JSON.parse(state) as PbaSearchState)),
    calls: () => calls,
  };
}

describe('searchPbaSchedule', () => {
  let whole: PbaSearchResult;
  beforeAll(async () => {
    whole = await searchPbaSchedule(toySearch().input);
  });

  it("gives the best member's schedule: exactly what its weights were trained with", () => {
    const best = whole.state.members.find(({ schedule }) => schedule === whole.schedule);
    expect(best?.score).toBe(Math.max(...whole.state.members.map(({ score }) => score ?? NaN)));
    const past = JSON.parse(best?.weights ?? '[]') as { from: number; to: number; policy: number[] }[];
    expect(past.map(({ from, to }) => [from, to])).toEqual([[0, 2], [2, 4], [4, 6], [6, 8], [8, 10], [10, 11]]);
    for (let epoch = 0; epoch < 11; epoch++) {
      expect(pbaPolicyAt(whole.schedule, epoch)).toEqual(past.find(({ from, to }) => epoch >= from && epoch < to)?.policy);
    }
    expect(whole.schedule.reduce((sum, { epochs }) => sum + epochs, 0)).toBe(11);
    expect(pbaPolicyAt(whole.schedule, 0).every((value) => value === 0)).toBe(true);
    expect(whole.schedule.length).toBeGreaterThan(1);
  });

  it('finds more of what the score rewards', () => {
    expect(pbaPolicyAt(whole.schedule, 10)[0]).toBeGreaterThan(2);
  });

  it('gives a schedule that populationBasedAugment takes', () => {
    expect(populationBasedAugment({ schedule: whole.schedule }).name).toBe('populationBasedAugment');
  });

  it('is the same for the same seed, and another for another', async () => {
    expect((await searchPbaSchedule(toySearch().input)).state).toEqual(whole.state);
    expect((await searchPbaSchedule({ ...toySearch().input, seed: 4 })).schedule).not.toEqual(whole.schedule);
  });

  it('ended at any call of train and gone on with, ends as if it had never been ended', async () => {
    const total = 8 * 6;
    for (let end = 1; end <= total; end++) {
      const first = toySearch((calls) => calls === end);
      await expect(searchPbaSchedule(first.input)).rejects.toThrow('killed');
      const state = first.saved();
      const second = toySearch();
      const result = await searchPbaSchedule({ ...second.input, ...(state === undefined ? {} : { state }) });
      expect(result.state).toEqual(whole.state);
      expect(second.calls()).toBe(total - end + 1); // nothing is trained twice but what was under way
    }
  });

  it('keeps scores that are no numbers out of the state', async () => {
    const { state } = await searchPbaSchedule({ ...toySearch().input, epochs: 2, evaluate: () => Promise.resolve(NaN) });
    expect(state.members.map(({ score }) => score)).toEqual(new Array(8).fill(null));
  });

  it('refuses settings out of range, and other ones than the search was begun with', async () => {
    await expect(searchPbaSchedule({ ...toySearch().input, population: 1 })).rejects.toThrow(/population as a whole number from 2, got 1/);
    await expect(searchPbaSchedule({ ...toySearch().input, interval: 0.5 })).rejects.toThrow(/interval.*got 0.5/);
    await expect(searchPbaSchedule({ ...toySearch().input, seed: 9, state: whole.state })).rejects.toThrow(/seed that the search was begun with \(3\), got 9/);
  });
});
