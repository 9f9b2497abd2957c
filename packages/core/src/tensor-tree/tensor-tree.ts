import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * A tensor, or a list or record of tensor trees of any depth: parameters, buffers, optimizer state, batches.
 * The path of a leaf joins its keys with dots (`layer1.0.conv1.weight`), as PyTorch's state dictionaries do.
 */
export type TensorTree = Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** A tensor tree whose root is a record: what parameters, buffers and auxiliary state are. */
export type TensorRecord = Readonly<Record<string, TensorTree>>;
