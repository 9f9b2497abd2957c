import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { compile, randomKey, type Views } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { describe, expect, it } from 'vitest';
import {
  colourJitter,
  composeViews,
  gaussianBlur,
  gaussianNoise,
  normalize,
  randomAffine,
  randomAutocontrast,
  randomEqualize,
  randomErasing,
  randomGreyscale,
  randomInvert,
  randomPosterize,
  randomResizedCrop,
  randomRightAngle,
  randomSharpness,
  randomSobel,
  simclrViews,
  solarize,
  type Transform,
} from './index.js';

const batch = 6;
type Input = { images: Tensor4D; aspects: Tensor1D; key: Tensor1D };

function input(): Input {
  return {
    images: randomUniform<tf.Rank.R4>([batch, 24, 24, 3], randomKey(1, 0, 'pixels')),
    aspects: tf.tensor1d([1, 0.5, 2, 1.3, 0.8, 1]),
    key: randomKey(3, 5, 'views'),
  };
}

/** Every kind of operation that the transforms are made of. */
const everything: readonly Transform[] = [
  randomResizedCrop({ size: 20, flip: 0.5, interpolation: 'bicubic' }),
  randomRightAngle(),
  randomAffine({ degrees: [-40, 40], shearX: [-10, 10], sampling: 'bilinear' }),
  colourJitter(),
  gaussianBlur(),
  randomEqualize(),
  randomAutocontrast(),
  randomSharpness(),
  randomPosterize(),
  randomInvert(),
  solarize({ probability: 0.3 }),
  randomGreyscale({ probability: 0.3 }),
  gaussianNoise(),
  randomSobel(),
  randomErasing({ value: 'noise' }),
  normalize(),
];

async function viewsOn(device: 'js' | 'cpu', views: Views): Promise<number[]> {
  await useBackend({ device });
  return [...(views(input()).views[0]!).dataSync()];
}

/** Share of pixels that differ; thresholds (nearest pixel, levels, solarize) may fall to the other side by rounding. */
function shareThatDiffers(first: readonly number[], second: readonly number[]): number {
  return first.filter((value, index) => !(Math.abs(value - (second[index] ?? NaN)) < 1e-3)).length / first.length;
}

describe('on the native engine', () => {
  it('simclrViews are those of plain JavaScript', async () => {
    const views = simclrViews({ size: 20, blur: 0.5 });
    const [js, native] = [await viewsOn('js', views), await viewsOn('cpu', views)];
    expect(native.length).toBe(js.length);
    expect(Math.max(...native.map((value, index) => Math.abs(value - (js[index] ?? NaN))))).toBeLessThan(1e-4);
  });

  it('every transform gives what it gives in plain JavaScript', async () => {
    const views = composeViews([everything]);
    const [js, native] = [await viewsOn('js', views), await viewsOn('cpu', views)];
    expect(native.length).toBe(js.length);
    expect(shareThatDiffers(js, native)).toBeLessThan(0.01);
  });

  it('compiled views equal eager ones, and a new key makes new views without a new trace', async () => {
    await useBackend({ device: 'cpu' });
    const views = composeViews([everything]);
    const compiled = compile((given: Input) => [...views(given).views], { name: 'views' });
    const given = input();
    const [eager] = views(given).views as [Tensor4D];
    const [traced] = (await compiled(given)) as [Tensor4D];
    expect(shareThatDiffers([...traced.dataSync()], [...eager.dataSync()])).toBeLessThan(0.001);
    const [other] = (await compiled({ ...given, key: randomKey(3, 6, 'views') })) as [Tensor4D];
    expect(shareThatDiffers([...traced.dataSync()], [...other.dataSync()])).toBeGreaterThan(0.5);
    expect(compiled.traces).toBe(1);
    compiled.dispose();
  });

  it('bfloat16 does not reach the pixels', async () => {
    await useBackend({ device: 'cpu' });
    const views = simclrViews({ size: 20 });
    const given = input();
    const wide = compile((g: Input) => [...views(g).views], { name: 'views', precision: 'float32' });
    const narrow = compile((g: Input) => [...views(g).views], { name: 'views', precision: 'bfloat16' });
    const [first] = (await wide(given)) as [Tensor4D];
    const [second] = (await narrow(given)) as [Tensor4D];
    expect([...second.dataSync()]).toEqual([...first.dataSync()]);
  });
});
