import type { ImageBytes } from '@ssl/eval';

/** The images as they can be shown: the first three of more channels, the first of two. */
export function shownChannels({ pixels, shape: [count, height, width, channels] }: ImageBytes): ImageBytes {
  const shown = channels >= 3 ? 3 : 1;
  if (shown === channels) return { pixels, shape: [count, height, width, channels] };
  const kept = Uint8Array.from({ length: count * height * width * shown }, (_, at) => pixels[Math.floor(at / shown) * channels + (at % shown)]!);
  return { pixels: kept, shape: [count, height, width, shown] };
}
