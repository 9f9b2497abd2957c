import * as tf from '@tensorflow/tfjs-core';
import { disposeTree, flattenTree, SslError, treeToMap, unflattenTree, type SslMethod, type TensorRecord } from '@ssl/core';
import { createBackbone } from './backbone/backbone-description.js';
import type { ImportedBackbone } from './backbone/imported-backbone.js';
import { backboneVariables } from './backbone/require-complete.js';
import { fitPositionBiases, fitPositions } from './backbone/fit-positions.js';

export interface InitialWeights {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  /** Tensors of the backbone that keep the method's first values: a mask token, for example. */
  readonly fresh: readonly string[];
}

/**
 * A method's first values with an imported backbone in them: for `initial` of `train`. Every copy of the backbone gets it, a
 * teacher's and a momentum network's too. Layer scales that the file does not have become 1, so that the network computes what
 * it computed; position embeddings and relative position biases are resized where the method's network has another image size.
 *
 * @param method - Made with a network of the same form, `createBackbone(backbone.description)`.
 * @returns Tensors that belong to the caller.
 * @throws SslError where the method has no branch `backbone`, or its network is another.
 * @example
 * await train({ method, initial: initialWeights(method, 0, backbone), … });
 */
export function initialWeights(method: SslMethod, seed: number, backbone: ImportedBackbone): InitialWeights {
  const made = method.init(seed);
  const network = createBackbone(backbone.description);
  const { params, buffers } = backboneVariables(backbone.tensors, network, backbone.source);
  const own: Record<string, tf.Tensor> = { ...treeToMap(params), ...treeToMap(buffers) };
  const fresh = new Set<string>();
  let taken = 0;

  const place = (path: string, tensor: tf.Tensor): tf.Tensor => {
    const name = nameInBackbone(path);
    if (name === undefined) return tf.clone(tensor);
    const found = own[name];
    if (found === undefined) {
      if (/\.(ls[12]\.gamma|gamma_[12])$/.test(name)) return tf.onesLike(tensor);
      fresh.add(name);
      return tf.clone(tensor);
    }
    taken++;
    const fitting = name.endsWith('.relative_position_bias_table')
      ? fitPositionBiases(found as tf.Tensor2D, tensor.shape[0] ?? 0, backbone.description)
      : name === 'pos_embed'
        ? fitPositions(found as tf.Tensor3D, tensor.shape[1] ?? 0, backbone.description)
        : found;
    if (String(fitting.shape) === String(tensor.shape)) return tf.clone(fitting);
    throw new SslError(
      `${method.name} was to start from ${backbone.source}, but its network has [${tensor.shape.join(', ')}] for '${name}' and the file [${found.shape.join(', ')}]. Build the method with the network of the file.`,
      { from: '@ssl/weights' },
    );
  };

  const result = tf.tidy(() => {
    const tree = { params: made.params, aux: made.aux };
    const { paths, tensors } = flattenTree(tree);
    return unflattenTree(tree, paths.map((path, i) => place(path, tensors[i]!))) as unknown as tf.TensorContainer;
  }) as unknown as { params: TensorRecord; aux: TensorRecord };
  disposeTree(made.params);
  disposeTree(made.aux);
  tf.dispose(own);
  if (taken === 0) {
    disposeTree(result);
    throw new SslError(`${method.name} was to start from ${backbone.source}, but its parameters have no branch 'backbone'. Name it so in the method's init, or start it without weights.`, { from: '@ssl/weights' });
  }
  return { ...result, fresh: [...fresh] };
}

/** `aux.teacher.backbone.blocks.0.norm1.weight` is `blocks.0.norm1.weight` of the backbone; a head's tensor is nothing of it. */
function nameInBackbone(path: string): string | undefined {
  const parts = path.split('.');
  const at = parts.indexOf('backbone');
  if (at > 0) return parts.slice(at + 1).join('.');
  // Methods on patches alone keep the backbone's buffers without a branch of their own: fixed positions.
  return /^aux\.buffers\.pos_embed$/.test(path) ? 'pos_embed' : undefined;
}
