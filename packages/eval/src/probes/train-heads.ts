import {
  apply,
  childSeed,
  cloneTree,
  compile,
  cosine,
  disposeTree,
  mapToTree,
  resolveGroups,
  treeToMap,
  valueAndGradients,
  type Module,
  type Optimizer,
  type TensorRecord,
  type Variables,
} from '@ssl/core';
import { softmaxCrossEntropy } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { LabelledFeatures } from '../features/features.js';
import { takeRows } from '../features/take-rows.js';
import { shuffledRows } from './shuffled-rows.js';

/** A head: features to logits. */
export interface Head extends Module<tf.Tensor2D, tf.Tensor2D> {
  /** The logits of several such heads on one input, where that is cheaper than one after the other. */
  together?(params: readonly TensorRecord[], x: tf.Tensor2D): readonly tf.Tensor2D[];
}

export interface TrainHeadsInput {
  readonly head: Head;
  readonly optimizer: Optimizer;
  /** One head is trained with each. */
  readonly learningRates: readonly number[];
  readonly weightDecay: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly classCount: number;
  readonly seed: number;
}

/** Variables of one head, as they are trained. */
type HeadState = { readonly params: TensorRecord; readonly buffers: TensorRecord; readonly optimizer: TensorRecord };

/**
 * Trains a head on frozen features once for each learning rate, all of them in one compiled step over the same batches; cosine
 * schedule to 0.
 *
 * @returns Variables of each head, in the order of the rates; the caller disposes of them.
 */
export async function trainHeads(features: LabelledFeatures, input: TrainHeadsInput): Promise<Variables[]> {
  const { head, optimizer, learningRates, weightDecay, epochs, classCount, seed } = input;
  const batchSize = Math.min(input.batchSize, features.count);
  const batches = Math.floor(features.count / batchSize);
  const first = head.init(seed);
  const groups = resolveGroups(treeToMap(first.params), [{ match: (path) => path.endsWith('bias'), weightDecay: weightDecay === 0 ? 1 : 0 }]);
  const updateHeads = headsUpdate(head);
  const step = compile(
    ({ heads, x, y, factor, count }: { heads: readonly HeadState[]; x: tf.Tensor2D; y: tf.Tensor2D; factor: tf.Scalar; count: tf.Scalar }) => ({
      heads: updateHeads(heads, x, y, (params, grads, state, i) =>
        optimizer.update({
          params: treeToMap(params),
          grads: treeToMap(grads),
          state,
          learningRate: tf.mul(factor, learningRates[i]!),
          peakLearningRate: tf.scalar(learningRates[i]!),
          weightDecay: tf.scalar(weightDecay),
          step: count,
          groups,
        }),
      ),
    }),
    { name: 'probe step', precision: 'float32' },
  );
  let heads: readonly HeadState[] = learningRates.map(() => ({
    params: cloneTree(first.params),
    buffers: cloneTree(first.buffers),
    optimizer: optimizer.init(treeToMap(first.params)),
  }));
  disposeTree(first.params);
  disposeTree(first.buffers);
  const schedule = cosine(1, 0);
  let order: Int32Array = new Int32Array(0);
  try {
    for (let count = 0; count < epochs * batches; count++) {
      if (count % batches === 0) order = shuffledRows(features.count, childSeed(seed, count));
      const start = (count % batches) * batchSize;
      const inputs = batchOf(features, order.subarray(start, start + batchSize), classCount);
      const scalars = { factor: tf.scalar(schedule(count, epochs * batches)), count: tf.scalar(count) };
      const next = await step({ heads, ...inputs, ...scalars });
      tf.dispose([inputs, scalars]);
      disposeTree(heads);
      heads = next.heads;
    }
  } finally {
    step.dispose();
  }
  return heads.map(({ params, buffers, optimizer: state }) => {
    disposeTree(state);
    return { params, buffers };
  });
}

type Update = (params: TensorRecord, grads: TensorRecord, state: TensorRecord, head: number) => ReturnType<Optimizer['update']>;

/** One step of every head. Their losses are added up, which leaves each its own gradient. */
function headsUpdate(head: Head) {
  return (heads: readonly HeadState[], x: tf.Tensor2D, y: tf.Tensor2D, update: Update): HeadState[] => {
    const { gradients, aux } = valueAndGradients(
      (params: readonly TensorRecord[]) => {
        const together = params.length > 1 ? head.together?.(params, x) : undefined;
        const outputs = together?.map((output) => ({ output, buffers: {} as TensorRecord }))
          ?? params.map((one, i) => apply(head, { params: one, buffers: heads[i]!.buffers }, x, { training: true }));
        const losses = outputs.map(({ output }) => tf.mean(softmaxCrossEntropy(output, y)));
        return { value: tf.addN(losses) as tf.Scalar, aux: outputs.map(({ buffers }) => buffers) };
      },
      heads.map(({ params }) => params),
    );
    return heads.map((state, i) => {
      const { params, state: optimizer } = update(state.params, gradients[0][i]!, state.optimizer, i);
      return { params: mapToTree(params), buffers: aux[i]!, optimizer };
    });
  };
}

function batchOf(features: LabelledFeatures, rows: Int32Array, classCount: number): { x: tf.Tensor2D; y: tf.Tensor2D } {
  const { values, labels, dimension } = takeRows(features, rows);
  return {
    x: tf.tensor2d(values, [rows.length, dimension]),
    y: tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), classCount), 'float32') as tf.Tensor2D),
  };
}
