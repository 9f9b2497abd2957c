import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { compile, currentEngine, randomKey, registerEngine } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeEach, describe, expect, it } from 'vitest';
import { composeViews, cutout, gaussianNoise, normalize, randomApply, randomResizedCrop, viewPresets, type Transform } from '../index.js';

const batch = 20;
type Input = { images: Tensor4D; aspects: Tensor1D; key: Tensor1D };
const input = (side: number): Input => ({
  images: randomUniform<tf.Rank.R4>([batch, side, side, 3], randomKey(1, 0, 'pixels')),
  aspects: tf.linspace(0.5, 2, batch),
  key: randomKey(3, 5, 'views'),
});

/** The same tensors on the same backend, as the engine of a GPU would name itself: the whole batch at once. */
function pretendGpu(): void {
  registerEngine({ ...currentEngine(), device: '1 GPU, CPU, 2 threads' });
}

/** Greatest difference as a share of the greatest number, 2.6 for normalized images: float32 rounds each step to 6e-8. */
function greatestDifference(first: ArrayLike<number>, second: ArrayLike<number>): number {
  let [difference, largest] = [0, 0];
  for (let at = 0; at < first.length; at++) {
    difference = Math.max(difference, Math.abs(first[at]! - second[at]!)); // NaN stays
    largest = Math.max(largest, Math.abs(second[at]!));
  }
  return difference / largest;
}

/** Notes how many images each call gets. */
function counter(counts: number[], imagewise: boolean): Transform {
  return {
    name: 'counter',
    imagewise,
    draw: () => ({}),
    apply(planes) {
      counts.push(planes.shape[0]);
      return planes;
    },
  };
}

beforeEach(async () => {
  await useBackend({ device: 'cpu' });
});

describe('views in chunks', () => {
  it.each(Object.keys(viewPresets) as (keyof typeof viewPresets)[])('%s: those of the whole batch', (name) => {
    const views = viewPresets[name]({ size: 96 });
    const given = input(256);
    const chunked = views(given).views.map((view): ArrayLike<number> => view.dataSync());
    pretendGpu();
    const whole = views(given).views.map((view): ArrayLike<number> => view.dataSync());
    expect(whole.length).toBe(chunked.length);
    expect(Math.max(...whole.map((values, view) => greatestDifference(values, chunked[view]!)))).toBeLessThan(5e-7);
  });

  it('compiled: those of the whole batch', async () => {
    const views = viewPresets.simclr({ size: 96 });
    const run = async (): Promise<ArrayLike<number>> => {
      const compiled = compile((given: Input) => [...views(given).views], { name: 'views' });
      const [, second] = (await compiled(input(256))) as [Tensor4D, Tensor4D];
      compiled.dispose();
      return second.dataSync();
    };
    const chunked = await run();
    pretendGpu();
    const whole = await run();
    expect(whole.length).toBe(batch * 96 * 96 * 3);
    expect(greatestDifference(whole, chunked)).toBeLessThan(5e-7);
  });

  it.each([
    ['large images on a CPU: equal chunks of at most eight images of 256 pixels', 256, true, [7, 7, 6]],
    ['small images: all', 32, true, [20]],
    ['a transform that looks at other images: all', 256, false, [20]],
  ] as const)('%s', (_, side, imagewise, expected) => {
    const counts: number[] = [];
    const { views } = composeViews([[randomResizedCrop({ size: 8 }), randomApply(counter(counts, imagewise)), normalize()]])(input(side));
    expect(counts).toEqual(expected);
    expect(views[0]?.shape).toEqual([batch, 8, 8, 3]);
  });

  it('not on a GPU, not with the key of a noise, and not in more chunks than is sensible', () => {
    const counts: number[] = [];
    const view = [randomResizedCrop({ size: 8 }), counter(counts, true)];
    composeViews([[...view, { ...gaussianNoise(), imagewise: true }]])(input(256));
    composeViews(Array.from({ length: 17 }, () => view))(input(256));
    composeViews([[...view, cutout({ size: 4 })]])(input(256)); // says nothing of itself
    pretendGpu();
    composeViews([view])(input(256));
    expect(new Set(counts)).toEqual(new Set([batch]));
  });
});
