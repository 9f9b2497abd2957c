import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PbaSearchState, PbaTraining } from '@ssl/augment';
import { SslError, train } from '@ssl/core';
import { imageLoader, type Dataset } from '@ssl/data';
import { buildRun, type BuiltRun } from '../run/build-run.js';
import { show } from '../run/run-folder.js';
import { trainingOfRun } from '../run/training-of-run.js';

/** The search was ended by a signal. */
export class SearchInterrupted extends Error {
  override readonly name = 'SearchInterrupted';
}

export interface TrainMemberInput {
  readonly run: BuiltRun;
  readonly dataset: Dataset;
  /** Where weights go: each piece of training has a folder of its own. */
  readonly checkpoints: string;
  /** Where the user stands. */
  readonly folder: string;
  readonly workers?: number;
  readonly signal: AbortSignal;
}

/**
 * Trains one member of a search from one epoch to another and keeps its weights.
 *
 * @returns The file of its weights, below `checkpoints`.
 * @throws SearchInterrupted when the signal fired; SslError when the weights could not be saved.
 */
export async function trainMember(input: TrainMemberInput, { member, from, to, policy, weights }: PbaTraining): Promise<string> {
  const { run, checkpoints } = input;
  const { description, plugin, backbone } = run;
  const built = await buildRun({ ...description, augmentation: [{ epochs: 1, policy }] }, input.folder, { plugin, network: backbone });
  const name = folderName(member, to);
  const place = join(checkpoints, name);
  rmSync(place, { recursive: true, force: true }); // left by a search that was ended in the middle
  const seed = description.seed + member;
  const { imageSize: size, channels, batchSize } = description;
  const loader = imageLoader(input.dataset, { size, channels, batchSize, seed, ...(input.workers === undefined ? {} : { workers: input.workers }) });
  const reached = new AbortController();
  try {
    const result = await train({
      ...trainingOfRun(built),
      loader,
      monitorEvery: 0,
      // A copied member goes on with the seed of the one that it was copied from.
      ...(weights === undefined ? { seed } : { resume: join(checkpoints, weights) }),
      checkpoint: { folder: place, keep: 1 },
      hooks: [
        {
          name: 'end of the interval',
          onEpoch: ({ epoch }) => {
            if (epoch + 1 >= to) reached.abort();
          },
        },
      ],
      signal: AbortSignal.any([input.signal, reached.signal]),
      config: { ...description },
    });
    const { step } = result;
    result.dispose();
    if (step < to * description.stepsPerEpoch) throw new SearchInterrupted();
    const file = `step-${String(step).padStart(8, '0')}.safetensors`;
    if (!existsSync(join(place, file))) {
      throw new SslError(`The weights of member ${String(member)} after epoch ${String(to)} (from ${String(from)}) could not be saved in ${show(place)}. Free some space, then go on with --resume.`, { from: '@ssl/cli' });
    }
    return `${name}/${file}`;
  } finally {
    await loader.close();
  }
}

/** Deletes the weights that no member goes on from. */
export function removeUnnamed(checkpoints: string, { members }: PbaSearchState): void {
  const named = new Set(members.map(({ weights }) => weights?.split('/')[0]));
  for (const name of readdirSync(checkpoints)) {
    if (/^member-\d+-epoch-\d+$/.test(name) && !named.has(name)) rmSync(join(checkpoints, name), { recursive: true, force: true });
  }
}

function folderName(member: number, epoch: number): string {
  return `member-${String(member)}-epoch-${String(epoch)}`;
}
