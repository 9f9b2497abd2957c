import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { restoreTree } from '../checkpoint/restore-tree.js';
import { SslError } from '../errors.js';
import { isVisionTransformer } from '../modules/vision-transformer/require-vision-transformer.js';
import { resizePositionBiases } from '../modules/vision-transformer/resize-position-biases.js';
import { resizePatchPositions } from '../modules/vision-transformer/resize-positions.js';
import type { VisionTransformer } from '../modules/vision-transformer/vision-transformer.js';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { MethodState } from './frozen-network.js';
import type { SslMethod } from './method.js';

export interface ContinueStateOptions {
  /** For errors: 'checkpoint runs/a.safetensors'. */
  readonly what?: string;
}

/** Defaults of {@link continueState}. */
export const continueStateDefaults = { what: 'the state' } as const satisfies ContinueStateOptions;

/**
 * All tensors of another run of the same method as the first values of a new one: backbone, heads, teacher, centres, queue. Where the
 * new run has larger images, learned position embeddings and BEiT's tables of relative biases are resized as the network resizes them, in
 * every copy of the backbone, and fixed ones are the new network's own. Schedules, optimizer and random draws start anew.
 *
 * DINOv2 ends its training so: a short phase at 518 pixels.
 *
 * @param method - Of the new run, made for its image size.
 * @param from - Params and aux of the other run; stay the caller's.
 * @returns Tensors that belong to the caller, for `initial` of `train`.
 * @throws SslError naming the tensors that do not fit: another method, network or width of a head.
 * @example
 * const { params, aux } = await loadCheckpoint('runs/a/checkpoints/step-00001000.safetensors');
 * await train({ method, initial: continueState(method, { params, aux }), … });
 *
 * @see Oquab et al., DINOv2, section 4 (adapting the resolution) and appendix B.2.
 */
export function continueState(method: SslMethod, from: MethodState, options: ContinueStateOptions = {}): MethodState {
  const { what } = { ...continueStateDefaults, ...options };
  const made = method.init(0);
  const network = method.trainedBackbone?.(made).backbone;
  const transformer = network !== undefined && isVisionTransformer(network) ? network : undefined;
  try {
    return tf.tidy(() => {
      const wanted = treeToMap({ params: made.params, aux: made.aux });
      const found: Record<string, tf.Tensor> = { ...treeToMap({ params: from.params, aux: from.aux }) };
      for (const [path, own] of Object.entries(wanted)) {
        const old = found[path];
        if (old === undefined || String(old.shape) === String(own.shape)) continue;
        const inBackbone = transformer !== undefined && path.includes('.backbone.');
        if (/(^|\.)pos_embed$/.test(path)) {
          const learned = inBackbone && transformer.options.positions === 'learned';
          found[path] = learned ? fitPositions(old as Tensor3D, own.shape[1]!, transformer, what) : own;
        } else if (inBackbone && path.endsWith('.relative_position_bias_table') && old.shape[1] === own.shape[1]) {
          found[path] = resizePositionBiases(old as Tensor2D, biasSide(old as Tensor2D), biasSide(own as Tensor2D));
        }
      }
      const state = cloneTree(restoreTree({ params: made.params, aux: made.aux }, found, what));
      return state as unknown as tf.TensorContainer;
    }) as unknown as MethodState;
  } finally {
    disposeTree([made.params, made.aux]);
  }
}

/** Rows of patches of a table of `(2 side - 1)^2 + 3` biases. */
function biasSide({ shape: [entries] }: Tensor2D): number {
  return (Math.sqrt(entries - 3) + 1) / 2;
}

/** Class and register tokens keep their positions, those of the patches are resized. */
function fitPositions(positions: Tensor3D, count: number, { prefixTokens, options }: VisionTransformer, what: string): Tensor3D {
  const prefix = options.prefixPositions ? prefixTokens : 0;
  const length = positions.shape[1];
  const [from, to] = [Math.sqrt(length - prefix), Math.sqrt(count - prefix)];
  if (!Number.isInteger(from) || !Number.isInteger(to)) {
    throw new SslError(`${what} needs positions of a square grid, got ${length - prefix} for ${count - prefix}. Build the network with the same class and register tokens.`, {
      from: '@ssl/core',
    });
  }
  return resizePatchPositions(positions, { prefix, from, to, interpolation: options.interpolation });
}
