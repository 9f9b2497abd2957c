import { latestCheckpoint } from '../checkpoint/checkpoint-folder.js';
import { SslError } from '../errors.js';
import type { TrainOptions } from './train-options.js';

/** A new run must not mix its checkpoints with those of an older one: a later resume would take the wrong one. */
export async function checkFolder({ checkpoint, resume }: TrainOptions): Promise<void> {
  if (checkpoint === undefined || resume === true || typeof resume === 'string') return;
  const older = await latestCheckpoint(checkpoint.folder);
  if (older === undefined) return;
  throw new SslError(
    `a new run needs a folder without checkpoints, got ${checkpoint.folder} with ${older}. ` +
      'Give another folder, delete its checkpoints, or go on with that run (resume: true).',
    { from: '@ssl/core' },
  );
}
