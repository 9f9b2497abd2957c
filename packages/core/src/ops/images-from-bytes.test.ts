import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { imagesFromBytes } from './images-from-bytes.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

describe('imagesFromBytes', () => {
  it('divides by 255, rounded to float32', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const images = imagesFromBytes(bytes, [1, 16, 16, 1]);
    expect(images.dtype).toBe('float32');
    expect([...images.dataSync()]).toEqual([...bytes].map((byte) => Math.fround(byte / 255)));
  });

  it('checks the number of bytes', () => {
    expect(() => imagesFromBytes(new Uint8Array(5), [1, 2, 1, 3])).toThrow(/needs 6 bytes for shape \[1, 2, 1, 3\], got 5/);
  });
});
