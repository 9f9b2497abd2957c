import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../exit-codes.js';
import { methodOptions } from '../methods/method-options.js';
import { resolveMethod } from '../methods/resolve-method.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import { formatCount } from '../progress/format.js';
import { buildRun } from './build-run.js';
import { concludeRun } from './conclude-run.js';
import { ownDataSteps, printSteps } from './next-steps.js';
import { openData } from './open-data.js';
import { quickstart, quickstartSettings } from './quickstart-settings.js';
import { freshFolder, quickstartState, sameRun, setAside } from './quickstart-folder.js';
import { describeRun, type RunDescription } from './run-description.js';
import { listImages } from './data-fingerprint.js';
import { imageChanges } from './image-changes.js';
import { reportEnding } from './report-ending.js';
import { claimRun, removeUnused, runFolder, show } from './run-folder.js';
import { readImageList } from './run-record.js';
import { startBackend } from './start-backend.js';
import { trainRun } from './train-run.js';

/** Flags of `ssl quickstart`. */
export interface QuickstartFlags extends CommonFlags {
  readonly fresh?: boolean;
  readonly seed: number;
  readonly epochs?: number;
}

/** Trains the quickstart, or goes on with it, then evaluates it. */
export async function runQuickstart(flags: QuickstartFlags, folder: string): Promise<number> {
  const output = outputOf(flags);
  const target = runFolder(join(folder, 'runs', 'quickstart'));
  const steps = ownDataSteps(target.path);
  const method = await resolveMethod(quickstart.method, folder);
  const options = methodOptions(method.plugin, quickstartSettings.smallData, quickstart.methodOptions);
  const describe = (datasetSize: number): RunDescription =>
    describeRun({
      method,
      methodOptions: options,
      settings: { ...quickstartSettings, seed: flags.seed, ...(flags.epochs === undefined ? {} : { epochs: flags.epochs }) },
      precision: 'float32',
      data: quickstart.data,
      dataName: quickstart.data,
      datasetSize,
    });

  output.line(output.bold('SimCLR on emoji drawings, without labels'));
  const backend = await startBackend({}, output);
  const dataset = await openData(quickstart.data, { folder, output });
  const images = await listImages(dataset, quickstart.data);
  const description = describe(dataset.size);
  const run = await buildRun(description, folder, { plugin: method.plugin });
  // Another version may have had other settings, or other drawings.
  const there = readImageList(target);
  const state = quickstartState(target, (other) => sameRun(other, description) && (there === undefined || imageChanges(there, images) === undefined));
  const resumed = state.kind === 'interrupted' && flags.fresh !== true ? state : undefined;
  if (resumed === undefined && existsSync(target.path)) {
    claimRun(target)(); // one that is being trained stays where it is
    output.line(`The earlier run is kept in ${show(setAside(target))}.`);
  }
  if (resumed === undefined) freshFolder(target.path);
  output.line(
    `${formatCount(dataset.size)} drawings of about 1,950 things in nine styles, ${String(quickstartSettings.imageSize)} pixels. The network sees them without labels, two random views at a time,\n` +
      'and learns which two belong together. The nine categories (people, food, flags, ...) are only for the test afterwards.',
  );
  const outcome = await trainRun({ run, dataset, images, folder: target, output, goOn: 'the same command', ...(resumed === undefined ? {} : { resumed }) }).catch((error: unknown) => {
    if (resumed === undefined) removeUnused(target);
    throw error;
  });
  try {
    const { result, broken, ending } = outcome;
    if (ending !== undefined) {
      return reportEnding(output, ending, [
        `Interrupted at step ${formatCount(result.step)}. Saved: ${show(result.checkpoint ?? target.checkpoints)}`,
        'Go on with the same command (--fresh starts anew).',
      ]);
    }
    const trained = { step: result.step, checkpoint: result.checkpoint ?? target.checkpoints, warnings: result.warnings };
    await concludeRun({ run, weights: result, trained, broken, dataset, folder: target, output, backend, nextSteps: steps });
  } finally {
    outcome.result.dispose();
  }
  printSteps(output, steps);
  return exitCodes.success;
}
