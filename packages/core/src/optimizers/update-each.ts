import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { after } from '../ops/after.js';
import { fusedResults } from '../ops/fused.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { OptimizerInput, ParameterGroup, TensorMap } from './optimizer.js';

/** One parameter at one step, with its group resolved into numbers. */
export interface ParameterUpdate {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** Of this parameter, by slot (`momentum`). */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Times the group's factor. */
  readonly learningRate: Scalar;
  /** Times the group's factor; null where nothing decays. */
  readonly weightDecay: Scalar | null;
  /** Steps that this parameter has been trained for, from 0, float32. */
  readonly age: Scalar;
  readonly group: ParameterGroup;
}

type Update = (input: ParameterUpdate) => { param: Tensor; state: Readonly<Record<string, Tensor>> };

/** Zeros of the parameters' shapes, by slot. */
export function zeroSlots(params: TensorMap, slots: readonly string[]): TensorRecord {
  const zeros = () => Object.fromEntries(Object.entries(params).map(([path, { shape }]) => [path, tf.zeros(shape)]));
  return Object.fromEntries(slots.map((slot) => [slot, zeros()]));
}

/**
 * The part that all optimizers share: parameter groups. Frozen parameters and their state pass unchanged, as PyTorch treats a
 * parameter whose gradient is None (no decay, no momentum either).
 *
 * @param update - Elementwise in parameter, gradient and state, if `elementwise` names it (with all settings that it closes over):
 *   then large parameters are updated in one pass for each result.
 */
export function updateEach(
  { params, grads, state, groups, ...scalars }: OptimizerInput,
  slots: readonly string[],
  update: Update,
  elementwise?: string,
): { params: TensorMap; state: TensorRecord } {
  const run = elementwise === undefined ? update : inOnePass(update, elementwise);
  const newParams: Record<string, Tensor> = {};
  const newState: Record<string, Record<string, Tensor>> = Object.fromEntries(slots.map((slot) => [slot, {}]));
  const old = state as Readonly<Record<string, Readonly<Record<string, Tensor>>>>;
  for (const [path, param] of Object.entries(params)) {
    const group = groups[path];
    const grad = grads[path];
    const before = Object.fromEntries(slots.map((slot) => [slot, old[slot]?.[path]] as const));
    if (group === undefined || (grad === undefined && !group.frozen) || Object.values(before).includes(undefined)) {
      throw new SslError(
        `the optimizer needs a group, a gradient and state for each parameter, and one is missing for ${path}. ` +
          'Make the state with init() and the groups with resolveGroups() from the same parameters.',
        { from: '@ssl/core' },
      );
    }
    const slotsBefore = before as Readonly<Record<string, Tensor>>;
    const now = group.frozen
      ? { param, state: slotsBefore }
      : updateOne({ param, grad: grad!, state: slotsBefore, group, ...scalars }, run);
    newParams[path] = now.param;
    for (const slot of slots) (newState[slot]!)[path] = now.state[slot]!;
  }
  return { params: newParams, state: newState };
}

function updateOne(
  {
    param,
    grad,
    state,
    group,
    step,
    ...rates
  }: Pick<ParameterUpdate, 'param' | 'grad' | 'state' | 'group'> &
    Pick<OptimizerInput, 'learningRate' | 'peakLearningRate' | 'weightDecay' | 'step'>,
  update: Update,
): ReturnType<Update> {
  const { frozenUntil } = group;
  // What the update needs of the old state is not computed, and held, from the start of the step on.
  const [before, ...slots] = after([grad], [param, ...Object.values(state)]);
  const updated = update({
    param: before!,
    grad,
    state: Object.fromEntries(Object.keys(state).map((slot, index) => [slot, slots[index]!])),
    group,
    learningRate: scale(group.constantRate ? rates.peakLearningRate : rates.learningRate, group.learningRate),
    weightDecay: group.weightDecay === 0 ? null : scale(rates.weightDecay, group.weightDecay),
    age: frozenUntil === 0 ? step : tf.maximum(tf.sub(step, frozenUntil), 0),
  });
  if (frozenUntil === 0) return updated;
  const thawed = tf.greaterEqual(step, frozenUntil);
  const choose = (now: Tensor, before: Tensor) => tf.where(thawed, now, before);
  return {
    param: choose(updated.param, param),
    state: Object.fromEntries(Object.entries(updated.state).map(([slot, now]) => [slot, choose(now, state[slot]!)])),
  };
}

/** The same update as one function of its tensors. */
function inOnePass(update: Update, name: string): Update {
  return (input) => {
    const slots = Object.keys(input.state);
    const decays = input.weightDecay !== null;
    const numbers = [input.learningRate, input.age, ...(decays ? [input.weightDecay] : [])];
    const [param, ...state] = fusedResults(
      [input.param, input.grad, ...Object.values(input.state), ...numbers],
      ([before, grad, ...rest]) => {
        const [learningRate, age, weightDecay = null] = rest.slice(slots.length) as Scalar[];
        const old = Object.fromEntries(slots.map((slot, index) => [slot, rest[index]!]));
        const now = update({ ...input, param: before!, grad: grad!, state: old, learningRate: learningRate!, age: age!, weightDecay });
        return [now.param, ...slots.map((slot) => now.state[slot]!)];
      },
      { name: `${name}${decays ? ' and decay' : ''}` },
    );
    return { param: param!, state: Object.fromEntries(slots.map((slot, index) => [slot, state[index]!])) };
  };
}

function scale(rate: Scalar, factor: number): Scalar {
  return factor === 1 ? rate : tf.mul(rate, factor);
}
