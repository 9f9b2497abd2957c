import { loadCheckpoint } from '../checkpoint/load-checkpoint.js';
import { restoreTree } from '../checkpoint/restore-tree.js';
import { SslError } from '../errors.js';
import type { Backbone, Variables } from '../modules/module.js';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { SslMethod, TrainedBackbone } from './method.js';

/** The parts that a frozen network can play: one whose features are learned from, and one that turns images into tokens. */
export const frozenRoles = ['teacher', 'tokenizer'] as const;
export type FrozenRole = (typeof frozenRoles)[number];

/** The tensors of a method. */
export interface MethodState {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
}

/**
 * A network that was trained before and is only asked. A method puts its weights into `aux`, so that a checkpoint is complete
 * without the run that they came from.
 */
export interface FrozenNetwork {
  /** The method that trained it. */
  readonly method: SslMethod;
  /** Side of the images that it was trained with, and their channels. */
  readonly imageSize: number;
  readonly channels: number;
  /** Its weights in new tensors, which belong to the caller. */
  weights(): MethodState;
}

export interface FrozenNetworkOptions extends Omit<FrozenNetwork, 'weights'> {
  /** Its weights: stay the caller's and must live as long as methods are made from them. */
  readonly state: MethodState;
}

/**
 * A trained method as a frozen network for another one.
 *
 * @example
 * const tokenizer = frozenNetwork({ method, state: result, imageSize: 32, channels: 3 });
 */
export function frozenNetwork({ state, ...network }: FrozenNetworkOptions): FrozenNetwork {
  return { ...network, weights: () => cloneTree({ params: state.params, aux: state.aux }) };
}

/**
 * A frozen network whose weights are in a checkpoint.
 *
 * @throws SslError where the file is missing, damaged or of another network.
 */
export async function loadFrozenNetwork(path: string, network: Omit<FrozenNetwork, 'weights'>): Promise<FrozenNetwork> {
  const { params, aux } = await loadCheckpoint(path);
  const template = network.method.init(0);
  const state = restoreTree({ params: template.params, aux: template.aux }, { params, aux }, `checkpoint ${path}`);
  disposeTree([template.params, template.aux]);
  return frozenNetwork({ ...network, state });
}

/**
 * The backbone that a frozen network was trained for, and its variables alone in new tensors: what a student learns from.
 *
 * @throws SslError where its method does not say which backbone it trains.
 */
export function frozenBackbone(frozen: FrozenNetwork): { readonly backbone: Backbone; variables(): Variables } {
  const { method } = frozen;
  const trained = (state: MethodState): TrainedBackbone => {
    const found = method.trainedBackbone?.(state);
    if (found !== undefined) return found;
    throw new SslError(
      `a teacher needs a method that says which backbone it trains, got ${method.name}. Give its method \`trainedBackbone\`, or take another run.`,
      { from: '@ssl/core' },
    );
  };
  const first = method.init(0);
  const { backbone } = trained(first);
  disposeTree([first.params, first.aux]);
  return {
    backbone,
    variables() {
      const state = frozen.weights();
      const kept = cloneTree(trained(state).variables);
      disposeTree([state.params, state.aux]);
      return kept;
    },
  };
}
