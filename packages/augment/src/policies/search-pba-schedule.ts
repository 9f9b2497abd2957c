import * as tf from '@tensorflow/tfjs-core';
import { randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { exploitPopulation, rankMembers } from './exploit-population.js';
import { exploreDraws, explorePbaPolicy } from './explore-pba-policy.js';
import { checkSearch, freshSearch, type PbaMember, type PbaSearchSettings, type PbaSearchState } from './pba-search-state.js';
import type { PbaPhase } from './pba-schedules.js';

/** One piece of training: some epochs of one member. */
export interface PbaTraining {
  /** From 0. */
  readonly member: number;
  /** Epochs from the start of the member's training: done, and to be done. */
  readonly from: number;
  readonly to: number;
  readonly policy: readonly number[];
  /** The weights to go on with, as an earlier `train` named them; none at first. They may be another member's and must stay. */
  readonly weights?: string;
}

export interface PbaSearchInput extends Partial<PbaSearchSettings> {
  /**
   * Trains a member and keeps its weights.
   *
   * @returns A name for them, for instance the path of a checkpoint. The same work must give the same weights again, for a search
   * that was ended in the middle of it.
   */
  readonly train: (work: PbaTraining) => Promise<string>;
  /** How good weights are, higher is better: with or without labels, but on fixed images, which no policy can make easier. */
  readonly evaluate: (weights: string, work: PbaTraining) => Promise<number>;
  /** Told after every change; writes the state somewhere, atomically. Weights that no member names may be deleted then. */
  readonly save?: (state: PbaSearchState) => void | Promise<void>;
  /** Goes on with a search, as `save` was told it. */
  readonly state?: PbaSearchState;
}

/** The paper's population and interval, its length for CIFAR-10. */
export const searchPbaDefaults = { population: 16, epochs: 200, interval: 3, seed: 0 } as const satisfies PbaSearchSettings;

export interface PbaSearchResult {
  /** The best member's, for `populationBasedAugment` and `pbaPolicyAt`. */
  readonly schedule: readonly PbaPhase[];
  /** Its last score. */
  readonly score: number | null;
  readonly state: PbaSearchState;
}

/**
 * PBA's search: a population of networks in training, each with an augmentation policy of its own. After every interval the
 * networks are compared; the worst quarter goes on with the weights and a changed policy ({@link explorePbaPolicy}) of networks
 * of the best ({@link exploitPopulation}). What the best network was trained with at the end is the schedule.
 *
 * Everything random comes from the seed, and nothing but `state` and the weights lives between two calls of `train`: a search that
 * was ended anywhere goes on to the same result. To end it, throw from `train` or `evaluate`.
 *
 * @throws SslError for settings out of range, or other than those of `state`.
 * @example
 * ```ts
 * const { schedule } = await searchPbaSchedule({
 *   population: 4,
 *   epochs: 12,
 *   train: async ({ weights, policy, from, to }) => trainSome(weights, policy, from, to), // path of a checkpoint
 *   evaluate: async (weights) => accuracyOf(weights),
 * });
 * ```
 * Ho et al. 2019, arXiv:1905.05393, section 3.
 */
export async function searchPbaSchedule(input: PbaSearchInput): Promise<PbaSearchResult> {
  const { population, epochs, interval, seed } = { ...searchPbaDefaults, ...input };
  const settings = { population, epochs, interval, seed };
  checkSearch(settings, input.state);
  let state = input.state ?? freshSearch(settings);
  const become = async (next: PbaSearchState): Promise<void> => {
    state = next;
    await input.save?.(state);
  };
  while (state.epoch < epochs) {
    const to = Math.min(state.epoch + interval, epochs);
    for (let index = 0; index < population; index++) {
      const member = state.members[index]!;
      if (member.epoch >= to) continue; // done before the search was ended
      await become(withMember(state, index, await trained(member, { index, to }, input)));
    }
    const members = to < epochs ? await nextGeneration(state, to) : state.members;
    await become({ ...state, epoch: to, members });
  }
  const best = state.members[rankMembers(scoresOf(state))[0] ?? 0]!;
  return { schedule: best.schedule, score: best.score, state };
}

async function trained(member: PbaMember, { index, to }: { index: number; to: number }, { train, evaluate }: PbaSearchInput): Promise<PbaMember> {
  const { epoch: from, policy } = member;
  const work = { member: index, from, to, policy, ...(member.weights === null ? {} : { weights: member.weights }) };
  const weights = await train(work);
  const score = await evaluate(weights, work);
  return { epoch: to, policy, schedule: extended(member.schedule, { epochs: to - from, policy }), weights, score: Number.isFinite(score) ? score : null };
}

/** Exploit and explore: every other member goes on as it is. */
async function nextGeneration(state: PbaSearchState, epoch: number): Promise<readonly PbaMember[]> {
  const { seed, population } = state.settings;
  const replacements = exploitPopulation(scoresOf(state), await uniforms(population, seed, epoch, 'pba exploit'));
  const members = [...state.members];
  for (const { from, to } of replacements) {
    const source = state.members[from]!;
    const draws = await uniforms(source.policy.length * exploreDraws, seed, epoch, `pba explore ${String(to)}`);
    members[to] = { ...source, policy: explorePbaPolicy(source.policy, draws) };
  }
  return members;
}

async function uniforms(count: number, seed: number, epoch: number, purpose: string): Promise<Float32Array> {
  const drawn = tf.tidy(() => randomUniform<tf.Rank.R1>([count], randomKey(seed, epoch, purpose)));
  const values = await drawn.data<'float32'>();
  drawn.dispose();
  return values;
}

function scoresOf({ members }: PbaSearchState): number[] {
  return members.map(({ score }) => score ?? NaN);
}

function withMember(state: PbaSearchState, index: number, member: PbaMember): PbaSearchState {
  return { ...state, members: state.members.map((other, place) => (place === index ? member : other)) };
}

/** The schedule with one more phase, joined to the last one where the policy is the same. */
function extended(schedule: readonly PbaPhase[], phase: PbaPhase): readonly PbaPhase[] {
  const last = schedule.at(-1);
  if (last?.policy.join() !== phase.policy.join()) return [...schedule, phase];
  return [...schedule.slice(0, -1), { ...phase, epochs: (last?.epochs ?? 0) + phase.epochs }];
}
