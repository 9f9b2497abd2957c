import { dataError } from './data-error.js';

export interface ProgressiveResolutionOptions {
  /** Side of the images in the first epoch, in pixels. */
  readonly from: number;
  /** Side from `epochs` on. */
  readonly to: number;
  /** Epochs over which it grows. */
  readonly epochs: number;
  /** Sizes are multiples of this (each size is compiled once). */
  readonly step?: number;
}

export const progressiveResolutionDefaults = { step: 32 } as const;

/**
 * Small images first: the size of the images of each epoch, growing linearly from `from` to `to`.
 *
 * @returns A function from epoch to size, for the option `size` of `imageLoader`.
 * @example
 * const size = progressiveResolution({ from: 128, to: 224, epochs: 16 });
 * [size(0), size(8), size(16)]; // [128, 160, 224]
 */
export function progressiveResolution(options: ProgressiveResolutionOptions): (epoch: number) => number {
  const { from, to, epochs, step } = { ...progressiveResolutionDefaults, ...options };
  for (const [name, value] of Object.entries({ from, to, epochs, step })) {
    if (!Number.isInteger(value) || value < 1) throw dataError(`${name} must be a whole number of at least 1, got ${value}. Correct it.`);
  }
  if (to < from) throw dataError(`A size that grows was needed, got ${from} to ${to}. Exchange them.`);
  return (epoch) => {
    if (epoch >= epochs) return to;
    const exact = from + ((to - from) * Math.max(0, epoch)) / epochs;
    return Math.min(to, Math.max(from, Math.floor(exact / step) * step));
  };
}
