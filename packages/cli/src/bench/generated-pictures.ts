import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdTemporaryPath } from '@ssl/core';
import { imageFolder, type Dataset } from '@ssl/data';
import sharp from 'sharp';

const [count, width, height] = [128, 500, 375];

/** What the pictures are, for people. */
export const generatedPictures = `generated JPEGs of ${String(width)} x ${String(height)} pixels`;

/** A temporary folder of photograph-like JPEGs: smooth shapes of many colours. Closing the dataset deletes it. */
export async function generatePictures(): Promise<Dataset> {
  const folder = await mkdtemp(join(tmpdir(), 'ssl-bench-'));
  const release = holdTemporaryPath(folder);
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    release();
  };
  try {
    for (let i = 0; i < count; i++) {
      const small = Uint8Array.from({ length: 24 * 18 * 3 }, (_, at) => (Math.imul(i * 7919 + at, 2654435761) >>> 24) & 255);
      await sharp(small, { raw: { width: 24, height: 18, channels: 3 } })
        .resize(width, height, { kernel: 'cubic', fit: 'fill' })
        .jpeg({ quality: 90 })
        .toFile(join(folder, `${String(i)}.jpg`));
    }
    const dataset = await imageFolder(folder);
    return { ...dataset, close: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
