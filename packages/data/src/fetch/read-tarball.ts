import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';

/** The files of a gzipped tarball whose names `wanted` accepts, by name. Nothing is written to disk. */
export async function readTarball(bytes: Uint8Array, wanted: (name: string) => boolean): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const entries = extract();
  entries.end(gunzipSync(bytes, { maxOutputLength: 2 ** 30 }));
  for await (const entry of entries) {
    if (entry.header.type !== 'file' || !wanted(entry.header.name)) {
      entry.resume();
      continue;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    files.set(entry.header.name, Buffer.concat(chunks));
  }
  return files;
}
