import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** Sequences of one length: `batch` images of `length` tokens each. */
export interface TokenGroup {
  readonly batch: number;
  readonly length: number;
}

/**
 * Tokens of several groups in one matrix, `[sum of batch * length, width]`: norms, linear layers and feed-forward parts
 * see all of them at once, attention sees each group by itself.
 */
export interface PackedTokens {
  readonly values: Tensor2D;
  readonly groups: readonly TokenGroup[];
}

const rows = ({ batch, length }: TokenGroup): number => batch * length;

/** Puts groups of `[batch, length, width]` into one matrix. */
export function packTokens(parts: readonly Tensor3D[]): PackedTokens {
  const groups = parts.map(({ shape: [batch, length] }) => ({ batch, length }));
  const flat = parts.map((part) => tf.reshape<tf.Rank.R2>(part, [part.shape[0] * part.shape[1], part.shape[2]]));
  return { values: concatRows(flat), groups };
}

/** The rows of each group, `[batch * length, width]`. */
export function splitGroups(values: Tensor2D, groups: readonly TokenGroup[]): Tensor2D[] {
  return groups.length === 1 ? [values] : tf.split<Tensor2D>(values, groups.map(rows), 0);
}

/** The groups as `[batch, length, width]` each. */
export function unpackTokens({ values, groups }: PackedTokens): Tensor3D[] {
  return splitGroups(values, groups).map((part, i) => {
    const { batch, length } = groups[i]!;
    return tf.reshape<tf.Rank.R3>(part, [batch, length, values.shape[1]]);
  });
}

/** Matrices below one another. */
export function concatRows(parts: readonly Tensor2D[]): Tensor2D {
  return parts.length === 1 ? parts[0]! : tf.concat2d([...parts], 0);
}
