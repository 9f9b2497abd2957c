import { createHash } from 'node:crypto';
import type { Dataset } from '@ssl/data';

const names = 10_000;
const contents = 32;

/** What tells two data sets apart. */
export interface DataFingerprint {
  readonly images: number;
  readonly classes: number;
  /** SHA-256 over the number of images, their names and labels, and the contents of some; 10,000 names and 32 contents at even distances. */
  readonly sha256: string;
}

/** A fingerprint of images that costs some milliseconds whatever their number: the same images give the same one on any machine. */
export async function dataFingerprint(dataset: Dataset): Promise<DataFingerprint> {
  const hash = createHash('sha256');
  const { size, channels, classes = [], labels } = dataset;
  hash.update(JSON.stringify([size, channels, classes]));
  for (const index of spread(size, names)) hash.update(`${dataset.describe(index)}\0${String(labels?.[index] ?? -1)}\n`);
  for (const index of spread(size, contents)) {
    // A broken image is the same image: the loader counts it.
    const image = await dataset.read(index).catch(() => undefined);
    const bytes = image === undefined ? undefined : image.kind === 'encoded' ? image.bytes : image.pixels;
    hash.update(bytes === undefined ? 'unreadable' : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  return { images: size, classes: classes.length, sha256: hash.digest('hex') };
}

function spread(size: number, most: number): number[] {
  const count = Math.min(size, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}
