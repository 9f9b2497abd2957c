import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import type { KernelDefinition } from '../kernels/kernel-definition.js';
import { attribute, runSingleOp, TensorflowError } from '../tensorflow/index.js';
import type { NodeBackend } from '../tensorflow/node-backend.js';
import type { Cluster } from './cluster.js';

/** All ranks form one group. */
const groupKey = 1;

/** TensorFlow's codes for a peer that does not answer. */
const unreachable = new Set([1, 4, 10, 13, 14]); // CANCELLED, DEADLINE_EXCEEDED, ABORTED, INTERNAL, UNAVAILABLE

type Attribute = ReturnType<typeof attribute.string>;
type Operation = 'sum' | 'mean';

/**
 * The kernels behind `allReduce`, `allGather` and `reduceScatter` of `@ssl/core/ops`. Each use in the program has a key
 * of its own, counted in the order of use; so every rank must run (and compile) the same program.
 */
export function collectiveKernels({ rank, worldSize, addresses }: Cluster, timeoutSeconds: number): KernelDefinition[] {
  let uses = 0;

  const communicate = (name: string, inputs: Tensor[], own: readonly Attribute[]): Tensor => {
    const attributes = [
      ...own,
      attribute.string('communication_hint', 'auto'),
      attribute.float('timeout_seconds', timeoutSeconds),
    ];
    try {
      return runSingleOp(name, attributes, inputs);
    } catch (error) {
      if (!(error instanceof TensorflowError) || !unreachable.has(error.code)) throw error;
      throw new SslError(
        `rank ${rank} needs an answer from all ${worldSize} ranks in ${name}, but one did not come within ${timeoutSeconds} s (${addresses.join(', ')}). A rank died, or the ranks run different programs: see its log, then start all of them again. TensorFlow said: ${error.message}`,
        { from: '@ssl/backend', cause: error },
      );
    }
  };

  /** Group size, group and key of this use, as tensors: operations of version 2 take them so. */
  const membership = (): Tensor[] => [worldSize, groupKey, (uses += 1)].map((value) => tf.scalar(value, 'int32'));

  const reduce = (x: Tensor, operation: Operation): Tensor =>
    communicate(
      'CollectiveReduceV2',
      [x, ...membership()],
      [
        attribute.string('merge_op', 'Add'),
        attribute.string('final_op', operation === 'mean' ? 'Div' : 'Id'),
        attribute.int('Nordering_token', 0),
      ],
    );

  const gather = (x: Tensor): Tensor => {
    const [first, ...rest] = withRows(x);
    if (!isTracing()) return communicate('CollectiveGatherV2', [x, ...membership()], [attribute.int('Nordering_token', 0)]);
    // Version 1 says its shape beforehand, which a compiled function must know; but its key is an attribute, and
    // TensorFlow keeps a kernel for every attribute it has seen, which would be one for every eager use.
    return communicate(
      'CollectiveGather',
      [x],
      [
        attribute.int('group_size', worldSize),
        attribute.int('group_key', groupKey),
        attribute.int('instance_key', (uses += 1)),
        attribute.shape('shape', [first * worldSize, ...rest]),
      ],
    );
  };

  /** By all-reduce and slice: TensorFlow has a reduce-scatter for GPUs only. */
  const scatter = (x: Tensor): Tensor => {
    const [first, ...rest] = withRows(x);
    if (first % worldSize !== 0) {
      throw new SslError(
        `reduceScatter needs a first axis that ${worldSize} ranks can share, got [${x.shape.join(', ')}]. Pad it to a multiple.`,
        { from: '@ssl/backend' },
      );
    }
    const share = first / worldSize;
    return tf.slice(reduce(x, 'sum'), [rank * share, ...rest.map(() => 0)], [share, ...rest]);
  };

  return [
    {
      name: 'SslAllReduce',
      forward: ({ x }, { operation }) => reduce(x!, operation as Operation),
      gradient: {
        gradFunc: (dy, _saved, { operation }) => ({ x: () => reduce(dy as Tensor, operation as unknown as Operation) }),
      },
    },
    {
      name: 'SslAllGather',
      forward: ({ x }) => gather(x!),
      gradient: { gradFunc: (dy) => ({ x: () => scatter(dy as Tensor) }) },
    },
    {
      name: 'SslReduceScatter',
      forward: ({ x }) => scatter(x!),
      gradient: { gradFunc: (dy) => ({ x: () => gather(dy as Tensor) }) },
    },
  ];
}

function isTracing(): boolean {
  return (tf.backend() as NodeBackend).binding.trace !== undefined;
}

function withRows(x: Tensor): [number, ...number[]] {
  if (x.rank === 0) {
    throw new SslError('gathering and scattering need a tensor with a first axis, got a scalar. Reshape it to [1].', {
      from: '@ssl/backend',
    });
  }
  return x.shape as [number, ...number[]];
}
