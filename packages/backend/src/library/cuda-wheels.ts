import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LibraryProgress } from './library-progress.js';
import type { pipDownload } from './pip-download.js';
import { readMember, unpackMembers } from './unpack-members.js';

/** Tags under which NVIDIA publishes its wheels for Linux on x86-64. */
const platformTags = ['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64'];

export interface CudaWheelsRequest {
  /** The TensorFlow wheel, whose metadata names the others. */
  readonly wheel: string;
  readonly folder: string;
  readonly scratch: string;
  readonly download: typeof pipDownload;
  readonly byHand: string;
  readonly onProgress: (progress: LibraryProgress) => void;
  readonly signal: AbortSignal | undefined;
}

/** What TensorFlow's metadata asks for under its extra `and-cuda`: `nvidia-cudnn-cu12<10.0,>=9.3.0.75`, … */
export function cudaRequirements(metadata: string): string[] {
  return metadata.split('\n').flatMap((line) => {
    const found = /^Requires-Dist:\s*([^;]+?)\s*;.*extra == ["']and-cuda["']/.exec(line);
    return found?.[1] === undefined ? [] : [found[1]];
  });
}

/**
 * Fetches NVIDIA's libraries (`nvidia/*` of each wheel) beside TensorFlow's. Written for machines with a GPU and
 * never tried on one.
 */
export async function fetchCudaWheels(request: CudaWheelsRequest): Promise<Map<string, string>> {
  const { wheel, folder, scratch, download, byHand, onProgress, signal } = request;
  const metadata = (await readMember(wheel, (path) => path.endsWith('.dist-info/METADATA'))) ?? '';
  const checksums = new Map<string, string>();
  for (const [index, requirement] of cudaRequirements(metadata).entries()) {
    onProgress({ kind: 'message', text: `Fetching ${requirement}` });
    const target = join(scratch, `cuda-${index}`);
    const temporary = join(scratch, `cuda-${index}-pip`);
    await mkdir(target);
    await mkdir(temporary);
    const path = await download({ requirement, platformTags, target, scratch: temporary, byHand, signal });
    const unpacked = await unpackMembers(path, folder, (member) => /^nvidia\/[^/]+\/(lib|bin|nvvm)\//.test(member), { signal });
    for (const [file, checksum] of unpacked) checksums.set(file, checksum);
    await rm(target, { recursive: true });
  }
  return checksums;
}
