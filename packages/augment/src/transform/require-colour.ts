import { SslError } from '@ssl/core';
import type { Planes } from './planes.js';

/** Throws unless the images have red, green and blue. */
export function requireColour(transform: string, planes: Planes): void {
  const channels = planes.shape[1];
  if (channels === 3) return;
  throw new SslError(
    `${transform} needs images with 3 channels (red, green, blue), got ${String(channels)}. ` +
      'Leave it out of the list of transforms for such images.',
    { from: '@ssl/augment' },
  );
}
