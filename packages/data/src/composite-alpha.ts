/**
 * Grey or colour over a background, without its last channel, the alpha.
 *
 * @param channels - with the alpha: 2 or 4.
 * @param premultiplied - the colours were multiplied with alpha already.
 */
export function compositeAlpha<Pixels extends Uint8Array | Uint16Array>(pixels: Pixels, channels: number, [red, green, blue]: readonly [number, number, number], premultiplied = false): Pixels {
  const colours = channels - 1;
  const [most, step] = pixels instanceof Uint8Array ? [255, 1] : [65_535, 257];
  const behind = colours === 1 ? [0.299 * red + 0.587 * green + 0.114 * blue] : [red, green, blue];
  const count = pixels.length / channels;
  const result = (pixels instanceof Uint8Array ? new Uint8Array(count * colours) : new Uint16Array(count * colours)) as Pixels;
  for (let i = 0; i < count; i += 1) {
    const alpha = pixels[i * channels + colours]! / most;
    for (let c = 0; c < colours; c += 1) {
      const own = pixels[i * channels + c]! * (premultiplied ? 1 : alpha);
      result[i * colours + c] = Math.min(most, Math.round(own + behind[c]! * step * (1 - alpha)));
    }
  }
  return result;
}
