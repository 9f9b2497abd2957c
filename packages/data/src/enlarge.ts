interface Plane {
  readonly pixels: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Bilinear enlargement with the convention of torchvision and PIL: the centre of output pixel o lies at `(o + 1/2) / scale - 1/2`.
 * (libvips' own enlargement is displaced by half an output pixel; making smaller is right there, so only this is done here.)
 *
 * @param source Channels last. `width` and `height` must not be larger than the new ones.
 */
export function enlarge({ pixels, width, height, channels }: Plane, newWidth: number, newHeight: number): Uint8Array | Uint16Array {
  const wide = new Float32Array(height * newWidth * channels);
  const across = taps(width, newWidth);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < newWidth; x += 1) {
      const { first, second, weight } = across[x]!;
      const left = (y * width + first) * channels;
      const right = (y * width + second) * channels;
      const to = (y * newWidth + x) * channels;
      for (let c = 0; c < channels; c += 1) wide[to + c] = pixels[left + c]! * (1 - weight) + pixels[right + c]! * weight;
    }
  }
  const row = newWidth * channels;
  const result = pixels instanceof Uint16Array ? new Uint16Array(newHeight * row) : new Uint8Array(newHeight * row);
  for (const [y, { first, second, weight }] of taps(height, newHeight).entries()) {
    for (let x = 0; x < row; x += 1) result[y * row + x] = wide[first * row + x]! * (1 - weight) + wide[second * row + x]! * weight + 0.5;
  }
  return result;
}

/** For each output position the two neighbours and the weight of the second. */
function taps(length: number, newLength: number): { readonly first: number; readonly second: number; readonly weight: number }[] {
  return Array.from({ length: newLength }, (_, o) => {
    const at = Math.min(Math.max(((o + 0.5) * length) / newLength - 0.5, 0), length - 1);
    const first = Math.floor(at);
    return { first, second: Math.min(first + 1, length - 1), weight: at - first };
  });
}
