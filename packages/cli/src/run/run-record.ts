import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeFileAtomically, type TrainHook } from '@ssl/core';
import { formatCount } from '../progress/format.js';
import type { ImageList } from './data-fingerprint.js';
import { stepOfFile } from './find-run.js';
import type { RunAttempt, RunDescription } from './run-description.js';
import { writeJson, type RunFolder } from './run-folder.js';

export interface RunRecordInput {
  readonly folder: RunFolder;
  readonly description: RunDescription;
  readonly images: ImageList;
  /** Earlier ones. */
  readonly attempts: readonly RunAttempt[];
  readonly note: (message: string) => void;
}

/**
 * Writes `config.json` and `images.json.gz`: of a new run at its start; of a resumed one when it has saved its first checkpoint,
 * so that an attempt which fails, or ends before, changes nothing. Only then do later checkpoints of an abandoned line go
 * aside, so that the newest is one of this line.
 */
export function runRecord({ folder, description, images, attempts, note }: RunRecordInput): TrainHook {
  const startedAt = new Date().toISOString();
  let written = false;
  let from = 0;
  let later: readonly string[] = [];
  const write = async (): Promise<void> => {
    const { epochs, data } = description;
    written = true;
    if (from === 0 || !existsSync(folder.images)) await writeImageList(folder, images);
    writeJson(folder.config, { ...description, attempts: [...(from === 0 ? [] : attempts), { startedAt, fromStep: from, epochs, data } satisfies RunAttempt] });
  };
  return {
    name: 'configuration',
    async onStart({ firstStep }) {
      from = firstStep;
      removeUnfinished(folder);
      later = laterCheckpoints(folder, firstStep);
      if (firstStep === 0) await write();
    },
    async onCheckpoint({ step }) {
      if (!written) await write();
      const abandoned = later.filter((name) => stepOfFile(name) !== step && existsSync(join(folder.checkpoints, name)));
      later = [];
      for (const name of abandoned) renameSync(join(folder.checkpoints, name), join(folder.checkpoints, `${name}.aside`));
      if (abandoned.length > 0) note(`The run went on from step ${formatCount(from)}: ${abandoned.join(' and ')} of before ${abandoned.length === 1 ? 'is' : 'are'} kept as .aside.`);
    },
  };
}

function laterCheckpoints({ checkpoints }: RunFolder, step: number): string[] {
  return existsSync(checkpoints) ? readdirSync(checkpoints).filter((name) => (stepOfFile(name) ?? 0) > step) : [];
}

/** Removes what a process that was killed while it saved has left; the run is claimed, so nobody else is saving. */
function removeUnfinished({ checkpoints }: RunFolder): void {
  if (!existsSync(checkpoints)) return;
  for (const name of readdirSync(checkpoints)) if (/^\.step-\d+\.safetensors\..+\.partial$/.test(name)) rmSync(join(checkpoints, name), { force: true });
}

/** Keeps what was seen of the images of a run. */
export async function writeImageList({ images: path }: RunFolder, images: ImageList): Promise<void> {
  await writeFileAtomically(path, gzipSync(JSON.stringify(images)));
}

/** The images that a run was begun with; nothing for a run of an earlier version. */
export function readImageList({ images }: RunFolder): ImageList | undefined {
  if (!existsSync(images)) return undefined;
  try {
    const list = JSON.parse(gunzipSync(readFileSync(images)).toString('utf8')) as ImageList;
    return (list.format as string) === 'ssl-images/1' ? list : undefined;
  } catch {
    return undefined; // damaged: as good as not there
  }
}
