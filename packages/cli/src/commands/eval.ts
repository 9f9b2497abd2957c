import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { disposeTree } from '@ssl/core';
import { fineTuneDefaults } from '@ssl/eval';
import type { RunWeights } from '../evaluation/embed-images.js';
import { evaluationFile, type EvaluationFile } from '../evaluation/evaluation-file.js';
import { evaluateRun } from '../evaluation/evaluate-run.js';
import { judgeByLabels, labelProtocols, type Judged, type LabelProtocol } from '../evaluation/judge-by-labels.js';
import { judgedLines } from '../evaluation/judged-table.js';
import { loadImages, type EvaluationImages } from '../evaluation/load-images.js';
import { resultsTable } from '../evaluation/results-table.js';
import { knnFigures } from '../evaluation/run-summary.js';
import { verdict } from '../evaluation/verdict.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import type { BuiltRun } from '../run/build-run.js';
import { importedStart } from '../run/imported-start.js';
import { loadRunOrWeights } from '../run/load-weights.js';
import { openRunData } from '../run/open-data.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { parseDeviceFlags, withDeviceFlags, type DeviceFlags } from '../program/device-flags.js';

interface EvalFlags extends CommonFlags, DeviceFlags {
  readonly data?: string;
  readonly labels?: boolean;
  readonly split?: 'train' | 'test';
  readonly runs: string;
  readonly protocol?: readonly LabelProtocol[];
  readonly labelShares: readonly number[];
  readonly epochs?: number;
  readonly rates?: readonly number[];
  readonly mixup?: number;
  readonly cutmix?: number;
}

/** `ssl eval`: how good the features of a run are; with `--protocol` what can be learned from labels with them. */
export function defineEval(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a file of weights; left out: the newest run')
    .option('--data <folder>', 'images, one folder for each class; left out: those of the training')
    .addOption(new Option('--split <part>', "part of sets that have two; left out: the training's").choices(['train', 'test']))
    .option('--labels', 'take first-level folders as classes')
    .option('--runs <folder>', 'where runs are looked for', 'runs')
    .optionsGroup('Learning from labels:')
    .option('--protocol <names>', `also judge by ${labelProtocols.join(', ')} (several with commas, or all) on held-out images`, protocolList)
    .option('--label-shares <percents>', 'percent of the training labels that are used, one line of the table for each', shareList, [0.01, 0.1, 1])
    .option('--epochs <number>', `passes of fine-tuning (default: ${String(fineTuneDefaults.epochs)}, at least ${String(fineTuneDefaults.leastSteps)} steps)`, positive)
    .option('--rates <numbers>', `learning rates of fine-tuning for 256 images a batch; of several the best on validation images is taken (default: ${String(fineTuneDefaults.learningRates[0])})`, positiveList)
    .option('--mixup <alpha>', 'mix images and labels in fine-tuning', positive)
    .option('--cutmix <alpha>', 'put boxes of other images into images in fine-tuning', positive);
  withDeviceFlags(command).action(async (named: string | undefined, flags: EvalFlags) => {
    const output = outputOf(flags);
    const backend = await startBackend(parseDeviceFlags(flags), output);
    const { run, checkpoint, checkpointPath, found: { folder: files } } = await loadRunOrWeights(named ?? true, folder, resolve(folder, flags.runs), flags.data);
    const dataset = await openRunData(run.description, flags, { folder, output });
    output.line(`Evaluating ${show(checkpointPath)} on ${formatCount(dataset.size)} images of ${dataset.name} ...`);
    const loaded = await loadImages(dataset, run.description);
    const { comparison, unjudged, spread, rankMe, dimension, warnings } = await evaluateRun(run, checkpoint, loaded, undefined, checkpointPath);
    for (const warning of warnings) output.warn(`Note: ${warning}`);
    const knn = comparison === undefined ? undefined : knnFigures(comparison);
    const found = {
      ...(comparison === undefined ? { unjudged } : { knn, k: comparison.k, ceiling: comparison.ceiling }),
      spread,
      rankMe,
      checkpoint: checkpointPath,
      device: backend.device,
    };
    const file = evaluationFile(files, { data: dataset.name, images: loaded.images.shape[0], date: new Date().toISOString(), ...found }, output);
    if (comparison !== undefined && knn !== undefined) {
      output.result(resultsTable(comparison, output));
      output.line(verdict(knn));
    } else {
      output.result(unjudged ?? '');
    }
    output.result(`Spread ${spread.toFixed(3)} (0 is collapse, 1 an even spread); RankMe ${rankMe.toFixed(1)} of ${String(dimension)} directions.`);
    output.event('neighbours', found);
    file.write();
    const judged = flags.protocol === undefined ? undefined : await judge(run, checkpoint, checkpointPath, loaded, flags, output, file);
    disposeTree([checkpoint.params, checkpoint.aux, checkpoint.optimizer]);
    output.event('evaluation', { ...found, ...(judged === undefined ? {} : { judged }) });
  });
}

/** The protocols that were asked for; each line is printed and written when it is ready. */
async function judge(run: BuiltRun, weights: RunWeights, looked: string, { images, dataset }: EvaluationImages, flags: EvalFlags, output: Output, file: EvaluationFile): Promise<Judged> {
  const { protocol = [], labelShares, epochs, rates, mixup, cutmix } = flags;
  const start = run.method.init(run.description.seed);
  const imported = await importedStart(run, looked);
  const startedFrom = imported !== undefined && 'weights' in imported ? { imported: imported.weights } : {};
  const lines = judgedLines(protocol, 'imported' in startedFrom, output);
  try {
    const judged = await judgeByLabels({
      run,
      weights,
      start,
      ...startedFrom,
      images,
      ...(dataset.groups === undefined ? {} : { groups: dataset.groups }),
      protocols: protocol,
      shares: labelShares,
      fineTuning: { ...(epochs === undefined ? {} : { epochs }), ...(rates === undefined ? {} : { learningRates: rates }) },
      mixing: { ...(mixup === undefined ? {} : { mixup }), ...(cutmix === undefined ? {} : { cutmix }) },
      onProgress: (line) => {
        output.live(line);
      },
      onSplit: (split) => {
        output.result(lines.head(split));
        file.split(split);
      },
      onRow: (row) => {
        output.result(lines.row(row));
        output.event('judged', { ...row });
        file.row(row);
      },
      onLeftOut: (row) => {
        output.result(lines.leftOut(row));
        output.event('left-out', { ...row });
        file.leftOut(row);
      },
    });
    output.result(lines.foot());
    return judged;
  } finally {
    output.liveDone();
    if (imported !== undefined && 'dispose' in imported) imported.dispose();
    disposeTree([start.params, start.aux]);
  }
}

function protocolList(text: string): LabelProtocol[] {
  if (text === 'all') return [...labelProtocols];
  return text.split(',').map((name) => {
    const known = labelProtocols.find((protocol) => protocol === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`'${name}' is none of ${labelProtocols.join(', ')}, all.`);
    return known;
  });
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

function positiveList(text: string): number[] {
  return text.split(',').map(positive);
}

function shareList(text: string): number[] {
  const shares = positiveList(text).map((percent) => percent / 100);
  if (shares.some((share) => share > 1)) throw new InvalidArgumentError('It must be percents above 0, at most 100, with commas: 1,10,100.');
  return shares;
}
