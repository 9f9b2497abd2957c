import { bytesToFloat } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Bytes of images as float32 in 0..1. They cross to the engine as bytes and are widened there. */
export const imagesFromBytes: KernelDefinition = {
  name: 'SslImagesFromBytes',
  forward: (_inputs, { pixels, shape }) => bytesToFloat(pixels as Uint8Array, shape as number[]),
};
