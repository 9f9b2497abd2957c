import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import type { Planes } from './planes.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

/** All that is drawn for an operation without parameters of its own. */
export type RandomOperationParameters = {
  /** 1 where the image is changed, `[batch]`. */
  readonly applied: Tensor1D;
};

/** `operation` where `applied` is 1. */
export function applyRandomOperation(operation: (planes: Planes) => Planes, planes: Planes, { applied }: RandomOperationParameters): Planes {
  return tf.tidy(() => whereApplied(applied, operation(planes), planes));
}

/** An operation without parameters of its own, in a share of the images. Unlike `randomApply` it draws from the transform's own key. */
export function randomOperation(
  name: string,
  apply: Transform<RandomOperationParameters>['apply'],
  probability: number,
): Transform<RandomOperationParameters> {
  return { name, draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }), apply };
}
