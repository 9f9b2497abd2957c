import { SslError } from '@ssl/core';
import { pbaOperations } from './population-based-augment.js';
import type { PbaPhase } from './pba-schedules.js';

/** How a search goes. */
export interface PbaSearchSettings {
  /** Policies that are trained side by side; 16 in the paper. */
  readonly population: number;
  /** Length of a member's training. */
  readonly epochs: number;
  /** Epochs between two comparisons; 3 in the paper. */
  readonly interval: number;
  /** Every draw of the search comes from it. */
  readonly seed: number;
}

/** One network in training, with its policy. */
export interface PbaMember {
  /** Epochs done. */
  readonly epoch: number;
  /** What it trains with next. */
  readonly policy: readonly number[];
  /** What it was trained with so far, the epochs of the members that it was copied from included. */
  readonly schedule: readonly PbaPhase[];
  /** Name of its weights, as `train` returned it; null before it has any. */
  readonly weights: string | null;
  /** What `evaluate` said last, higher is better; null where it said no number. */
  readonly score: number | null;
}

/** A search at one moment, as plain JSON: with the weights that its members name, all that is needed to go on. */
export interface PbaSearchState {
  readonly format: 'ssl-pba-search/1';
  readonly settings: PbaSearchSettings;
  /** Epochs after which all members have been compared. */
  readonly epoch: number;
  readonly members: readonly PbaMember[];
}

/** The beginning: every member without augmentation, as in the paper. */
export function freshSearch(settings: PbaSearchSettings): PbaSearchState {
  const policy = new Array<number>(4 * pbaOperations.length).fill(0);
  const member: PbaMember = { epoch: 0, policy, schedule: [], weights: null, score: null };
  return { format: 'ssl-pba-search/1', settings, epoch: 0, members: Array.from({ length: settings.population }, () => member) };
}

/** @throws SslError unless the settings are whole numbers in their ranges, and those of the state that is gone on with. */
export function checkSearch(settings: PbaSearchSettings, state: PbaSearchState | undefined): void {
  const least: PbaSearchSettings = { population: 2, epochs: 1, interval: 1, seed: 0 };
  for (const name of ['population', 'epochs', 'interval', 'seed'] as const) {
    if (Number.isInteger(settings[name]) && settings[name] >= least[name]) continue;
    fail(`${name} as a whole number from ${String(least[name])}`, String(settings[name]), 'Correct it.');
  }
  if (state === undefined) return;
  if ((state as { format: string }).format !== 'ssl-pba-search/1') fail("a state of format 'ssl-pba-search/1'", JSON.stringify(state.format), 'Start a new search.');
  for (const name of ['population', 'epochs', 'interval', 'seed'] as const) {
    if (state.settings[name] === settings[name]) continue;
    fail(`the ${name} that the search was begun with (${String(state.settings[name])})`, String(settings[name]), 'Go on with the same settings, or start a new search.');
  }
}

function fail(needed: string, got: string, remedy: string): never {
  throw new SslError(`searchPbaSchedule needs ${needed}, got ${got}. ${remedy}`, { from: '@ssl/augment' });
}
