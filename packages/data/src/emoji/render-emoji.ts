import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import type { EmojiEntry, StyleContent } from './emoji-list.js';

/**
 * Draws icons as RGBA squares.
 * @returns `[entries.length, size, size, 4]` bytes, alpha not multiplied in.
 */
export async function renderEmoji(
  entries: readonly EmojiEntry[],
  styles: readonly StyleContent[],
  size: number,
  onProgress?: (done: number) => void,
): Promise<Uint8Array> {
  const sets = new Map(styles.map(({ style, set }) => [style, set]));
  const bytes = size * size * 4;
  const pixels = new Uint8Array(entries.length * bytes);
  let next = 0;
  const draw = async (): Promise<void> => {
    for (let index = next++; index < entries.length; index = next++) {
      const entry = entries[index];
      const set = entry && sets.get(entry.style);
      const icon = entry && set?.icons[entry.name];
      if (set === undefined || icon === undefined) continue;
      const width = icon.width ?? set.width ?? 16;
      const height = icon.height ?? set.height ?? 16;
      const svg =
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
        `width="${size}" height="${size}" viewBox="0 0 ${width} ${height}">${icon.body}</svg>`;
      const drawn = await sharp(Buffer.from(svg), { unlimited: true }).ensureAlpha().toColourspace('srgb').raw().toBuffer();
      pixels.set(drawn, index * bytes);
      onProgress?.(index + 1);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, draw));
  return pixels;
}
