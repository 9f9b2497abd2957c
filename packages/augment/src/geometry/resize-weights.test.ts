import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { recordOperations, useBackend } from '@ssl/backend';
import { compile } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyResizedCrop, resizeWeights, type CropBoxes, type Interpolation, type Planes } from '../index.js';
import { multiplySides } from '../transform/multiply-sides.js';
import { resizeTaps, tapCount } from './resize-weights.js';

/** The whole side, a tiny box, boxes at both borders, between pixels and on them. */
const starts = [0, 0.5, 0, 0.77, 0.123, 0.25];
const lengths = [1, 0.004, 0.3, 0.23, 0.61, 0.5];
const interval = () => ({ start: tf.tensor1d(starts), length: tf.tensor1d(lengths) });
const mirrored = (): Tensor1D => tf.tensor1d([0, 1, 0, 1, 1, 0]);
const sides: readonly (readonly [from: number, to: number])[] = [[256, 224], [256, 96], [100, 100], [70, 300], [320, 40]];
const interpolations: readonly Interpolation[] = ['bilinear', 'bicubic'];
const cases = sides.flatMap(([from, to]) => interpolations.map((interpolation) => ({ from, to, interpolation })));

const greatest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0]!;

describe('resizeTaps', () => {
  beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

  it.each(cases)('$interpolation taps from $from to $to pixels are the whole rows without their zeros', ({ from, to, interpolation }) => {
    const options = { from, to, interpolation, mirrored: mirrored() };
    const { first, weights } = resizeTaps(interval(), options);
    const count = tapCount(options);
    expect(weights.shape).toEqual([starts.length, to, count]);
    const places = tf.add(tf.expandDims(first, 2), tf.range(0, count, 1, 'int32'));
    expect(tf.min(places).dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(tf.max(places).dataSync()[0]).toBeLessThan(from);
    const spread = tf.sum(tf.mul(tf.oneHot(tf.cast(places, 'int32'), from), tf.expandDims(weights, 3)), 2);
    expect(greatest(tf.sub(spread, resizeWeights(interval(), options)))).toBeLessThan(1e-6);
  });
});

/** Two boxes, one of them mirrored. */
const pair = (): CropBoxes => ({
  top: tf.tensor1d([0.1, 0]),
  left: tf.tensor1d([0, 0.33]),
  height: tf.tensor1d([0.9, 0.4]),
  width: tf.tensor1d([1, 0.5]),
  flipped: tf.tensor1d([1, 0]),
});

/** Of {@link applyResizedCrop} to 60 x 50 pixels from the products with the matrices. */
function difference(planes: Planes, boxes: CropBoxes, interpolation: Interpolation, cropped = applyResizedCrop(planes, boxes, { size: [60, 50], interpolation })): number {
  const [, , height, width] = planes.shape;
  const vertical = resizeWeights({ start: boxes.top, length: boxes.height }, { from: height, to: 60, interpolation });
  const horizontal = resizeWeights({ start: boxes.left, length: boxes.width }, { from: width, to: 50, interpolation, mirrored: boxes.flipped! });
  return greatest(tf.sub(cropped, multiplySides(planes, vertical, horizontal)));
}

describe('a crop of a large image is the product with whole matrices', () => {
  it('on plain JavaScript', async () => {
    await useBackend({ device: 'js' });
    const planes: Planes = tf.randomUniform([2, 1, 66, 70], 0, 1, 'float32', 1);
    expect(difference(planes, pair(), 'bicubic')).toBeLessThan(2e-6);
  });

  it.each(interpolations)('on the native engine, %s, and compiled it gathers nothing', async (interpolation) => {
    await useBackend({ device: 'cpu', threads: 1 });
    const planes: Planes = tf.randomUniform([2, 3, 100, 600], 0, 1, 'float32', 1);
    expect(difference(planes, pair(), interpolation)).toBeLessThan(2e-6);
    const crop = compile((input: { planes: Planes; boxes: Required<CropBoxes> }) => applyResizedCrop(input.planes, input.boxes, { size: [60, 50], interpolation }), { name: 'crop' });
    const recorder = recordOperations('crop');
    const cropped = (await crop({ planes, boxes: pair() as Required<CropBoxes> })) as Planes;
    recorder.stop();
    // The library's own simplification of the graph rounds positions of up to 256 otherwise.
    expect(difference(planes, pair(), interpolation, cropped)).toBeLessThan(1e-5);
    expect(recorder.runs[0]!.filter(({ kind }) => kind === 'GatherV2')).toHaveLength(0);
    crop.dispose();
  });
});
