import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { UsageError } from '../usage-error.js';
import { commandName } from './command-name.js';
import type { ImageList } from './data-fingerprint.js';
import type { FoundRun } from './find-run.js';
import { imageChanges } from './image-changes.js';
import { sourcesOf, type DataSpec } from './open-data.js';
import { show } from './run-folder.js';
import { readImageList } from './run-record.js';

/**
 * Compares images with those that a run was begun with.
 *
 * @throws UsageError that names what changed, and how to go on with other images.
 */
export function checkSameImages({ folder, description, isSearch }: FoundRun, now: ImageList, data: DataSpec, output: Output): void {
  const before = readImageList(folder);
  if (before === undefined) output.warn(`Note: ${show(folder.images)} is not there, so only the number of images is compared: ${formatCount(now.size)}.`);
  const countChanged = now.size === description.datasetSize ? undefined : `there are ${formatCount(now.size)} instead of ${formatCount(description.datasetSize)}`;
  const changes = before === undefined ? countChanged : imageChanges(before, now);
  if (changes === undefined) return;
  const path = show(folder.path);
  const named = sourcesOf(data).map((source) => `--data ${show(source)}`).join(' ');
  const instead = isSearch ? 'start a new search' : `start a new phase on these from the weights of the run: ${commandName()} train --continue-from ${path} --epochs N ${named}`;
  throw new UsageError(`--resume goes on with the same images, and those of ${path} have changed since: ${changes}. Put them back as they were; or ${instead}.`);
}
