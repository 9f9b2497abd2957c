import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { randomNormal } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import { addNoise } from './colour/gaussian-noise.js';
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  adjustSharpness,
  applyAffine,
  applyColourJitter,
  applyCutout,
  applyGaussianBlur,
  applyGaussianNoise,
  applyGreyscale,
  applyHorizontalFlip,
  applyNormalize,
  applyRandomAutocontrast,
  applyRandomCrop,
  applyRandomEqualize,
  applyRandomErasing,
  applyRandomInvert,
  applyRandomPosterize,
  applyRandomSobel,
  applyResizedCrop,
  applyRightAngle,
  applySolarize,
  applyVerticalFlip,
  autocontrast,
  equalize,
  invert,
  posterize,
  randomSharpness,
  sobel,
  toImages,
  toPlanes,
  type Interpolation,
  type Planes,
} from './index.js';

interface Packed {
  readonly shape: [number, number, number, number];
  readonly values: number[];
}
interface Case {
  readonly value: number;
  readonly output: Packed;
}
interface Fixture {
  readonly images: Packed;
  readonly blurImages: Packed;
  readonly resizedCrop: {
    readonly interpolation: Interpolation;
    readonly box: [number, number, number, number];
    readonly size: [number, number];
    readonly output: Packed;
  }[];
  readonly horizontalFlip: Packed;
  readonly brightness: Case[];
  readonly contrast: Case[];
  readonly saturation: Case[];
  readonly hue: Case[];
  readonly greyscale: Packed;
  readonly solarize: Case[];
  readonly normalize: Packed;
  readonly verticalFlip: Packed;
  readonly affine: {
    readonly angle: number;
    readonly translate: [number, number];
    readonly scale: number;
    readonly shear: [number, number];
    readonly sampling: 'nearest' | 'bilinear';
    readonly fill: number;
    readonly output: Packed;
  }[];
  readonly crop: {
    readonly padding: number;
    readonly mode: 'zero' | 'reflect';
    readonly top: number;
    readonly left: number;
    readonly output: Packed;
  }[];
  readonly small: Packed;
  readonly squares: Packed;
  readonly rightAngle: Case[];
  readonly invert: Packed;
  readonly posterize: Case[];
  readonly flat: Packed;
  readonly autocontrast: Packed;
  readonly large: Packed;
  readonly equalize: Packed;
  readonly sharpness: Case[];
  readonly sobel: Packed;
  readonly erase: { readonly box: [number, number, number, number]; readonly output: Packed }[];
  readonly cutout: { readonly middle: [number, number]; readonly size: number; readonly output: Packed }[];
  readonly gaussianNoise: { readonly noise: Packed; readonly cases: Case[] };
  readonly gaussianBlur: { readonly kernelSize: number; readonly sigma: number; readonly output: Packed }[];
  readonly colourJitter: {
    readonly order: number[];
    readonly factors: [number, number, number];
    readonly hue: number;
    readonly output: Packed;
  }[];
}

/** Made by tools/golden/augment.py. */
const golden = JSON.parse(
  readFileSync(new URL('__fixtures__/torchvision.json', import.meta.url), 'utf8'),
) as Fixture;

const planesOf = ({ values, shape }: Packed): Planes => toPlanes(tf.tensor4d(values, shape));
const batch = golden.images.shape[0];
const all = (value: number): Tensor1D => tf.fill([batch], value);

function expectImages(planes: Planes, expected: Packed, tolerance = 2e-6): void {
  const images: Tensor4D = toImages(planes);
  expect(images.shape).toEqual(expected.shape);
  const got = images.dataSync();
  const worst = expected.values.reduce((most, value, index) => Math.max(most, Math.abs(value - (got[index] ?? NaN))), 0);
  expect(worst).toBeLessThan(tolerance);
}

/** The first image of one batch of two and the second of another. */
function halves(first: Packed, second: Packed): Packed {
  const half = first.values.length / batch;
  return { shape: first.shape, values: [...first.values.slice(0, half), ...second.values.slice(half)] };
}

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('torchvision on the same images', () => {
  it.each(golden.resizedCrop)('resized_crop $interpolation of $box to $size', ({ interpolation, box, size, output }) => {
    const [, height, width] = golden.images.shape;
    const [top, left, boxHeight, boxWidth] = box;
    const boxes = {
      top: all(top / height),
      left: all(left / width),
      height: all(boxHeight / height),
      width: all(boxWidth / width),
    };
    expectImages(applyResizedCrop(planesOf(golden.images), boxes, { size, interpolation }), output, 1e-5);
  });

  it('resized_crop with another box for each image of one batch', () => {
    const [first, second] = golden.resizedCrop.filter(({ size: [rows, columns] }) => rows === 8 && columns === 8).slice(0, 2);
    if (!first || !second) throw new Error('the fixture lacks boxes of one size');
    const [, height, width] = golden.images.shape;
    const side = (index: 0 | 1 | 2 | 3, length: number): Tensor1D =>
      tf.tensor1d([first.box[index] / length, second.box[index] / length]);
    const boxes = { top: side(0, height), left: side(1, width), height: side(2, height), width: side(3, width) };
    const { interpolation } = first;
    const planes = applyResizedCrop(planesOf(golden.images), boxes, { size: 8, interpolation });
    expect(second.interpolation).toBe(interpolation);
    expectImages(planes, halves(first.output, second.output), 1e-5);
  });

  it('gaussian_blur with another sigma for each image of one batch', () => {
    const [first, second] = golden.gaussianBlur.filter(({ kernelSize }) => kernelSize === 7);
    if (!first || !second) throw new Error('the fixture lacks two blurs of one kernel');
    const parameters = { sigma: tf.tensor1d([first.sigma, second.sigma]), applied: all(1) };
    const planes = applyGaussianBlur(planesOf(golden.blurImages), parameters, { kernelSize: 7 });
    expectImages(planes, halves(first.output, second.output));
  });

  it.each(golden.gaussianNoise.cases)('gaussian_noise $value for the same noise', ({ value, output }) => {
    expectImages(addNoise(planesOf(golden.images), planesOf(golden.gaussianNoise.noise), all(value)), output, 5e-6); // the noise has 6 digits
  });

  it('gaussian_noise with another deviation for each image, of the normal numbers of its key', () => {
    const planes = planesOf(golden.images);
    const deviation = tf.tensor1d([0.05, 0.4]);
    const [weak, strong] = golden.gaussianNoise.cases.slice(1);
    if (!weak || !strong) throw new Error('the fixture lacks two deviations');
    expectImages(addNoise(planes, planesOf(golden.gaussianNoise.noise), deviation), halves(weak.output, strong.output), 5e-6);
    const noiseKey = randomKey(3, 0, 'noise');
    const [x, noise] = [planes, randomNormal<tf.Rank.R4>(planes.shape, noiseKey)].map((tensor) => [...tensor.dataSync()]);
    const expected = x!.map((pixel, index) => Math.min(1, Math.max(0, pixel + (index < x!.length / 2 ? 0.05 : 0.4) * noise![index]!)));
    const got = applyGaussianNoise(planes, { deviation, noiseKey }).dataSync();
    expect(Math.max(...expected.map((value, index) => Math.abs(value - (got[index] ?? NaN))))).toBeLessThan(2e-6);
    expect(expected.filter((value, index) => value !== x![index]).length).toBeGreaterThan(expected.length / 2);
  });

  it('horizontal_flip, and the flip that a crop folds in', () => {
    const planes = planesOf(golden.images);
    const whole = { top: all(0), left: all(0), height: all(1), width: all(1), flipped: all(1) };
    const [, height, width] = golden.images.shape;
    expectImages(applyHorizontalFlip(planes, { applied: all(1) }), golden.horizontalFlip);
    expectImages(applyHorizontalFlip(planes, { applied: all(0) }), golden.images);
    expectImages(applyResizedCrop(planes, whole, { size: [height, width] }), golden.horizontalFlip, 1e-5);
  });

  it.each(golden.brightness)('adjust_brightness $value', ({ value, output }) => {
    expectImages(adjustBrightness(planesOf(golden.images), all(value)), output);
  });

  it.each(golden.contrast)('adjust_contrast $value', ({ value, output }) => {
    expectImages(adjustContrast(planesOf(golden.images), all(value)), output);
  });

  it.each(golden.saturation)('adjust_saturation $value', ({ value, output }) => {
    expectImages(adjustSaturation(planesOf(golden.images), all(value)), output);
  });

  it.each(golden.hue)('adjust_hue $value', ({ value, output }) => {
    expectImages(adjustHue(planesOf(golden.images), all(value)), output);
  });

  it('rgb_to_grayscale', () => {
    expectImages(applyGreyscale(planesOf(golden.images), { applied: all(1) }), golden.greyscale);
    expectImages(applyGreyscale(planesOf(golden.images), { applied: all(0) }), golden.images);
  });

  it.each(golden.solarize)('solarize $value', ({ value, output }) => {
    expectImages(applySolarize(planesOf(golden.images), { threshold: all(value) }), output);
  });

  it('normalize', () => {
    expectImages(applyNormalize(planesOf(golden.images)), golden.normalize, 1e-5);
  });

  it.each(golden.gaussianBlur)('gaussian_blur $kernelSize, sigma $sigma', ({ kernelSize, sigma, output }) => {
    const planes = planesOf(golden.blurImages);
    expectImages(applyGaussianBlur(planes, { sigma: all(sigma), applied: all(1) }, { kernelSize }), output);
    expectImages(applyGaussianBlur(planes, { sigma: all(sigma), applied: all(0) }, { kernelSize }), golden.blurImages);
  });

  it('vertical_flip', () => {
    expectImages(applyVerticalFlip(planesOf(golden.images), { applied: all(1) }), golden.verticalFlip);
  });

  it.each(golden.affine)(
    'affine of $angle degrees, shift $translate, scale $scale, shear $shear, $sampling, fill $fill',
    ({ angle, translate, scale, shear, sampling, fill, output }) => {
      const [, height, width] = output.shape;
      const one = (value: number): Tensor1D => tf.tensor1d([value]);
      const parameters = {
        angle: one(angle),
        translateX: one(translate[0] / width),
        translateY: one(translate[1] / height),
        scale: one(scale),
        shearX: one(shear[0]),
        shearY: one(shear[1]),
      };
      expectImages(applyAffine(planesOf(golden.small), parameters, { sampling, fill }), output, 1e-5);
    },
  );

  it.each(golden.crop)('crop at $top, $left after padding $padding ($mode)', ({ padding, mode, top, left, output }) => {
    const [, height, width] = golden.images.shape;
    const [, size] = output.shape;
    const share = (start: number, side: number): Tensor1D => all((start + 0.5) / (side + 2 * padding - size + 1));
    const places = { top: share(top, height), left: share(left, width) };
    expectImages(applyRandomCrop(planesOf(golden.images), places, { size, padding, paddingMode: mode }), output);
  });

  it.each(golden.rightAngle)('rot90 $value times', ({ value, output }) => {
    expectImages(applyRightAngle(planesOf(golden.squares), { turns: all(value) }), output);
  });

  it('invert', () => {
    expectImages(invert(planesOf(golden.images)), golden.invert);
  });

  it.each(golden.posterize)('posterize to $value bits', ({ value, output }) => {
    expectImages(posterize(planesOf(golden.images), all(value)), output);
  });

  it('autocontrast, a channel of one value included', () => {
    expectImages(autocontrast(planesOf(golden.flat)), golden.autocontrast);
  });

  it('equalize, a channel with too few other values included', () => {
    expectImages(equalize(planesOf(golden.large)), golden.equalize);
  });

  it.each(golden.sharpness)('adjust_sharpness $value', ({ value, output }) => {
    expectImages(adjustSharpness(planesOf(golden.images), all(value)), output);
  });

  it('sobel of kornia', () => {
    expectImages(sobel(planesOf(golden.images)), golden.sobel);
  });

  it('the transforms of invert, posterize, autocontrast, equalize, sharpness and Sobel, for some images of a batch only', () => {
    const second = (applied: number): Tensor1D => tf.tensor1d([applied, 1 - applied]);
    for (const first of [0, 1] as const) {
      const expected = (changed: Packed, plain: Packed): Packed => (first === 1 ? halves(changed, plain) : halves(plain, changed));
      const applied = second(first);
      const planes = planesOf(golden.images);
      expectImages(applyRandomInvert(planes, { applied }), expected(golden.invert, golden.images));
      expectImages(applyRandomSobel(planes, { applied }), expected(golden.sobel, golden.images));
      expectImages(applyRandomAutocontrast(planesOf(golden.flat), { applied }), expected(golden.autocontrast, golden.flat));
      for (const { value, output } of golden.posterize) {
        expectImages(applyRandomPosterize(planes, { bits: all(value), applied }), expected(output, golden.images));
      }
      for (const { value, output } of golden.sharpness) {
        const factor = tf.add<Tensor1D>(tf.mul(applied, value), tf.sub(1, applied));
        expectImages(randomSharpness().apply(planes, { factor }), expected(output, golden.images));
      }
    }
    expectImages(applyRandomEqualize(planesOf(golden.large), { applied: tf.tensor1d([1]) }), golden.equalize);
    expectImages(applyRandomEqualize(planesOf(golden.large), { applied: tf.tensor1d([0]) }), golden.large);
  });

  it.each(golden.cutout)('cutout of $size around $middle, clipped to the image', ({ middle: [y, x], size, output }) => {
    const [, height, width] = golden.images.shape;
    const parameters = { y: all((y + 0.5) / height), x: all((x + 0.5) / width), size: all(size) };
    expectImages(applyCutout(planesOf(golden.images), parameters, { value: 0.3 }), output);
  });

  it.each(golden.erase)('erase $box', ({ box, output }) => {
    const [, rows, columns] = golden.images.shape;
    const [top, left, height, width] = box;
    const parameters = {
      height: all(height / rows),
      width: all(width / columns),
      top: all((top + 0.5) / (rows - height + 1)),
      left: all((left + 0.5) / (columns - width + 1)),
      noiseKey: tf.tensor1d([0, 0], 'int32'),
    };
    expectImages(applyRandomErasing(planesOf(golden.images), parameters, { value: 0.3 }), output);
  });

  it.each(golden.colourJitter)('ColorJitter in the order $order', ({ order, factors, hue, output }) => {
    const places = [0, 1, 2, 3].map((operation) => order.indexOf(operation));
    const parameters = {
      factors: tf.tile<Tensor2D>(tf.tensor2d([factors]), [batch, 1]),
      hue: all(hue),
      order: tf.tile<Tensor2D>(tf.tensor2d([places]), [batch, 1]),
    };
    expectImages(applyColourJitter(planesOf(golden.images), parameters), output, 1e-5);
  });

  it('ColorJitter with another order for each image of one batch', () => {
    const [first, second] = [golden.colourJitter[1], golden.colourJitter[2]] as const;
    if (!first || !second) throw new Error('the fixture lacks orders');
    const places = [first, second].map(({ order }) => [0, 1, 2, 3].map((operation) => order.indexOf(operation)));
    const parameters = {
      factors: tf.tile<Tensor2D>(tf.tensor2d([first.factors]), [batch, 1]),
      hue: all(first.hue),
      order: tf.tensor2d(places),
    };
    expectImages(applyColourJitter(planesOf(golden.images), parameters), halves(first.output, second.output), 1e-5);
  });
});
