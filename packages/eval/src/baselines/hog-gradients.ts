/**
 * Central differences of the channel that changes most at each pixel; 0 across the border.
 *
 * @returns Magnitude and direction in degrees, 0..180, `[height, width]`.
 */
export function strongestGradients(
  pixels: Uint8Array,
  height: number,
  width: number,
  channels: number,
): { magnitude: Float64Array; degrees: Float64Array } {
  const magnitude = new Float64Array(height * width);
  const degrees = new Float64Array(height * width);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const pixel = y * width + x;
      let strongest = -1;
      let down = 0;
      let across = 0;
      for (let channel = 0; channel < channels; channel++) {
        const at = pixel * channels + channel;
        const vertical = y > 0 && y < height - 1 ? pixels[at + width * channels]! - pixels[at - width * channels]! : 0;
        const horizontal = x > 0 && x < width - 1 ? pixels[at + channels]! - pixels[at - channels]! : 0;
        const squared = vertical * vertical + horizontal * horizontal;
        if (squared > strongest) [strongest, down, across] = [squared, vertical, horizontal];
      }
      const angle = Math.atan2(down, across) * (180 / Math.PI);
      magnitude[pixel] = Math.sqrt(strongest);
      degrees[pixel] = angle < 0 ? angle + 180 : angle % 180;
    }
  }
  return { magnitude, degrees };
}
