import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey, type TensorRecord } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  autoAugment,
  centreCrop,
  colourJitter,
  composeViews,
  cutout,
  gaussianBlur,
  gaussianNoise,
  horizontalFlip,
  normalize,
  populationBasedAugment,
  randAugment,
  randomAffine,
  randomApply,
  randomAutocontrast,
  randomCrop,
  randomEqualize,
  randomErasing,
  randomGreyscale,
  randomInvert,
  randomPosterize,
  randomResizedCrop,
  randomRightAngle,
  randomRotation,
  randomSharpness,
  randomSobel,
  solarize,
  trivialAugment,
  verticalFlip,
  type Transform,
} from './index.js';

/** Every transform of this package, and whether it needs red, green and blue. */
const transforms: readonly { readonly transform: Transform; readonly colour?: true }[] = [
  { transform: randomCrop({ size: 6, padding: 2 }) },
  { transform: centreCrop({ size: 6 }) },
  { transform: randomResizedCrop({ size: 6, flip: 0.5 }) },
  { transform: randomResizedCrop({ size: 6, interpolation: 'bicubic' }) },
  { transform: horizontalFlip() },
  { transform: verticalFlip() },
  { transform: randomRightAngle() },
  { transform: randomRotation({ degrees: 30 }) },
  { transform: randomAffine({ degrees: [-20, 20], translate: [0.1, 0.1], sampling: 'bilinear' }) },
  { transform: colourJitter({ saturation: 0, hue: 0 }) },
  { transform: colourJitter(), colour: true },
  { transform: randomGreyscale({ probability: 0.5 }), colour: true },
  { transform: gaussianBlur({ kernelSize: 3 }) },
  { transform: gaussianNoise() },
  { transform: solarize({ probability: 0.5 }) },
  { transform: randomPosterize() },
  { transform: randomEqualize() },
  { transform: randomAutocontrast() },
  { transform: randomSharpness() },
  { transform: randomInvert() },
  { transform: randomSobel() },
  { transform: cutout({ size: 4 }) },
  { transform: randomErasing() },
  { transform: randomApply(randomErasing({ probability: 1 })) },
  { transform: randAugment() },
  { transform: trivialAugment() },
  { transform: autoAugment() },
  { transform: populationBasedAugment({ schedule: [{ epochs: 1, policy: Array.from({ length: 60 }, () => 5) }] }) },
];
const named = transforms.map((entry, position) => ({ ...entry, name: `${String(position)} ${entry.transform.name}` }));
const batch = 5;
const context = (): { batch: number; aspects: Tensor1D; key: Tensor1D; progress: tf.Scalar } => ({
  batch,
  aspects: tf.tensor1d([1, 0.7, 1.5, 1, 2]),
  key: randomKey(3, 1, 'every transform'),
  progress: tf.scalar(0.5),
});
const bytes = (channels: number, width = 10): Tensor4D => tf.cast(tf.floor(tf.mul(randomUniform<tf.Rank.R4>([batch, 8, width, channels], randomKey(1, 0, 'pixels')), 256)), 'int32');

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe.each(named)('$name', ({ transform, colour }) => {
  const width = transform.name === 'randomRightAngle' ? 8 : 10; // squares only: a turn would change the size
  const applied = (channels: number): Tensor4D => transform.apply(tf.transpose(tf.div(bytes(channels, width), 255), [0, 3, 1, 2]), transform.draw(context()));

  it.each([1, 2, 3, 5])('takes %i channels, or says that it needs 3', (channels) => {
    if (colour === true && channels !== 3 && !(transform.name === 'colourJitter' && channels === 1)) {
      expect(() => applied(channels)).toThrow(/needs images with 3 channels \(red, green, blue\), got \d/);
      return;
    }
    const out = applied(channels);
    expect(out.shape.slice(0, 2)).toEqual([batch, channels]);
    expect(tf.all(tf.isFinite(out)).dataSync()[0]).toBe(1);
  });

  it('takes bytes as it takes floats', () => {
    const views = composeViews([[transform]]);
    const { aspects, key, progress } = context();
    const rest = { aspects, key, progress };
    const given = bytes(3, width);
    const [fromBytes] = views({ ...rest, images: given }).views;
    const [fromFloats] = views({ ...rest, images: tf.div(given, 255) }).views;
    expect([...fromBytes!.dataSync()]).toEqual([...fromFloats!.dataSync()]);
  });

  it('draws by its key alone: the same again, one row for each image', () => {
    const rows = (record: TensorRecord): [string, tf.Tensor][] =>
      Object.entries(record).flatMap(([name, value]) => (value instanceof tf.Tensor ? [[name, value] as [string, tf.Tensor]] : rows(value as TensorRecord)));
    const [first, second] = [rows(transform.draw(context())), rows(transform.draw(context()))];
    expect(first.map(([name, value]) => [name, [...value.dataSync()]])).toEqual(second.map(([name, value]) => [name, [...value.dataSync()]]));
    for (const [name, value] of first) if (!name.endsWith('Key')) expect(value.shape[0]).toBe(batch);
  });
});

it('normalize takes any number of channels that it has statistics for', () => {
  const planes = tf.transpose<Tensor4D>(tf.div(bytes(2), 255), [0, 3, 1, 2]);
  const transform = normalize({ mean: [0.1, 0.2], deviation: [0.5, 2] });
  const out = transform.apply(planes, transform.draw(context()));
  expect(out.dataSync()[0]).toBeCloseTo(((planes.dataSync()[0] ?? NaN) - 0.1) / 0.5, 5);
  expect(normalize().apply(planes, {}).shape).toEqual([batch, 2, 8, 10]);
});
