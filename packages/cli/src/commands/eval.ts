import { resolve } from 'node:path';
import type { Command } from 'commander';
import { disposeTree } from '@ssl/core';
import { evaluateRun } from '../evaluation/evaluate-run.js';
import { resultsTable } from '../evaluation/results-table.js';
import { knnFigures } from '../evaluation/run-summary.js';
import { verdict } from '../evaluation/verdict.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount } from '../progress/format.js';
import { loadRunOrWeights } from '../run/load-weights.js';
import { openData } from '../run/open-data.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { parseDeviceFlags, withDeviceFlags, type DeviceFlags } from '../program/device-flags.js';

interface EvalFlags extends CommonFlags, DeviceFlags {
  readonly data?: string;
  readonly labels?: boolean;
  readonly runs: string;
}

/** `ssl eval`: how good the features of a run are. */
export function defineEval(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a file of weights; left out: the newest run')
    .option('--data <folder>', 'images, one folder for each class; left out: those of the training')
    .option('--labels', 'take first-level folders as classes')
    .option('--runs <folder>', 'where runs are looked for', 'runs');
  withDeviceFlags(command).action(async (named: string | undefined, flags: EvalFlags) => {
    const output = outputOf(flags);
    const backend = await startBackend(parseDeviceFlags(flags), output);
    const { run, checkpoint, checkpointPath } = await loadRunOrWeights(named ?? true, folder, resolve(folder, flags.runs), flags.data);
    const dataset = await openData(flags.data ?? run.description.data, { folder, output, ...(flags.labels === undefined ? {} : { labels: flags.labels }) });
    output.line(`Evaluating ${show(checkpointPath)} on ${formatCount(dataset.size)} images of ${dataset.name} ...`);
    const { comparison, spread, rankMe, warnings } = await evaluateRun(run, checkpoint, dataset);
    disposeTree([checkpoint.params, checkpoint.aux, checkpoint.optimizer]);
    for (const warning of warnings) output.warn(`Note: ${warning}`);
    const knn = comparison === undefined ? undefined : knnFigures(comparison);
    output.event('evaluation', { ...(knn === undefined ? {} : { knn }), spread, rankMe, checkpoint: checkpointPath, device: backend.device });
    if (comparison !== undefined && knn !== undefined) {
      output.result(resultsTable(comparison, output));
      output.line(verdict(knn));
    } else {
      output.result('The images have no classes (one folder for each class), so there is nothing to classify.');
    }
    output.result(`Spread ${spread.toFixed(3)} (0 is collapse, 1 an even spread); RankMe ${rankMe.toFixed(1)} of ${String(run.backbone.featureDimension)} directions.`);
  });
}
