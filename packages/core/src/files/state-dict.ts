import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import type { Variables } from '../modules/module.js';
import type { TensorMap } from '../optimizers/optimizer.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { unflattenTree } from '../tensor-tree/map-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { restoreTensors } from './restore-tensors.js';
import { storeTensors } from './store-tensors.js';
import { storeValues, type StoredTensor } from './stored-tensor.js';

const isConvolution = (path: string, tensor: Tensor): boolean =>
  tensor.rank === 4 && (path === 'weight' || path.endsWith('.weight'));

const counter = 'num_batches_tracked';

/**
 * Parameters and buffers as a PyTorch state dictionary: dotted names, convolution weights `[out, in, height, width]`,
 * and a `num_batches_tracked` beside every `running_mean`.
 */
export async function toStateDict(
  { params, buffers }: Variables,
  options: { readonly floatType?: 'F32' | 'BF16' | 'F16' } = {},
): Promise<Record<string, StoredTensor>> {
  const own = tf.tidy(() => {
    const map: TensorMap = { ...treeToMap(params), ...treeToMap(buffers) };
    return Object.fromEntries(
      Object.entries(map).map(([path, tensor]) => [
        path,
        isConvolution(path, tensor) ? tf.transpose(tensor, [3, 2, 0, 1]) : tf.clone(tensor),
      ]),
    );
  });
  try {
    const stored = await storeTensors(own, options);
    for (const path of Object.keys(own)) {
      const layer = /^(.*\.)?running_mean$/.exec(path);
      if (layer) stored[`${layer[1] ?? ''}${counter}`] = storeValues([0], [], 'I64');
    }
    return stored;
  } finally {
    tf.dispose(own);
  }
}

export interface FromStateDictOptions {
  /** Names of the file that this network does not want: `(name) => name.startsWith('fc.')`. */
  readonly ignore?: (name: string) => boolean;
  /** Names the file in errors. */
  readonly source?: string;
  /** What to do where the tensors do not fit: the last sentence of the error. */
  readonly remedy?: string;
}

/**
 * Variables of a network from a PyTorch state dictionary.
 *
 * @param template - What `init` of the network gave; only its paths, shapes and dtypes count.
 * @throws SslError that names every missing, unexpected and misshapen tensor.
 */
export function fromStateDict(
  stored: Readonly<Record<string, StoredTensor>>,
  template: Variables,
  options: FromStateDictOptions = {},
): Variables {
  const wanted: TensorMap = { ...treeToMap(template.params), ...treeToMap(template.buffers) };
  checkNames(stored, wanted, options);
  const chosen = Object.fromEntries(Object.entries(stored).filter(([name]) => Object.hasOwn(wanted, name)));
  return tf.tidy(() => {
    const tensors = restoreTensors(chosen);
    const fill = (tree: TensorRecord): TensorRecord =>
      unflattenTree(
        tree,
        flattenTree(tree).paths.map((path) => {
          const tensor = tensors[path]!;
          return isConvolution(path, tensor) ? tf.transpose(tensor as Tensor4D, [2, 3, 1, 0]) : tensor;
        }),
      );
    return { params: fill(template.params), buffers: fill(template.buffers) } as unknown as tf.TensorContainer;
  }) as unknown as Variables;
}

function checkNames(
  stored: Readonly<Record<string, StoredTensor>>,
  wanted: TensorMap,
  {
    ignore = () => false,
    source = 'the state dictionary',
    remedy = 'Build the network with the options of the file, or leave tensors out with ignore.',
  }: FromStateDictOptions,
): void {
  const lines: string[] = [];
  for (const [name, tensor] of Object.entries(wanted)) {
    const found = stored[name];
    if (found === undefined) {
      lines.push(`missing ${name}`);
      continue;
    }
    const [height, width, inputs, outputs] = tensor.shape;
    const shape = isConvolution(name, tensor) ? [outputs, inputs, height, width] : tensor.shape;
    if (String(shape) !== String(found.shape)) {
      lines.push(`misshapen ${name}: [${shape.join(', ')}] needed, [${found.shape.join(', ')}] in the file`);
    }
  }
  for (const name of Object.keys(stored)) {
    const known = Object.hasOwn(wanted, name) || name === counter || name.endsWith(`.${counter}`) || ignore(name);
    if (!known) lines.push(`unexpected ${name}`);
  }
  if (lines.length === 0) return;
  throw new SslError(
    `${source} does not fit the network (${String(lines.length)} differences):\n  ${lines.join('\n  ')}\n${remedy}`,
    { from: '@ssl/core' },
  );
}
