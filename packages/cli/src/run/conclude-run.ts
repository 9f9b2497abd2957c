import type { BackendDescription } from '@ssl/backend';
import type { TrainWarning } from '@ssl/core';
import type { Dataset } from '@ssl/data';
import { writeReport, type ReportStep } from '@ssl/eval';
import { evaluateRun } from '../evaluation/evaluate-run.js';
import type { RunWeights } from '../evaluation/embed-images.js';
import { loadImages } from '../evaluation/load-images.js';
import { pictureImages } from '../evaluation/run-pictures-images.js';
import { resultsTable } from '../evaluation/results-table.js';
import { knnFigures, type RunSummary } from '../evaluation/run-summary.js';
import { verdict } from '../evaluation/verdict.js';
import { describeBroken } from '../progress/describe-broken.js';
import { inFlags } from '../program/option-names.js';
import { formatCount, formatDuration } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import type { BuiltRun } from './build-run.js';
import { commandName } from './command-name.js';
import { takeEndings } from './endings.js';
import { readMetrics } from './metrics-log.js';
import { passedOverLines } from './report-data.js';
import { endCommand } from './report-ending.js';
import { reportOfRun } from './report-of-run.js';
import { show, writeJson, type RunFolder } from './run-folder.js';
import type { TrainRunOutcome } from './train-run.js';

export interface ConcludeRunInput {
  readonly run: BuiltRun;
  readonly weights: RunWeights;
  /** Where training stands. */
  readonly trained: { readonly step: number; readonly checkpoint: string; readonly warnings: readonly TrainWarning[] };
  readonly broken: TrainRunOutcome['broken'];
  readonly dataset: Dataset;
  readonly folder: RunFolder;
  readonly output: Output;
  readonly backend: BackendDescription;
  readonly nextSteps: readonly ReportStep[];
  /** Images for the network's own pictures in place of those that are at hand, as `--data` takes them, absolute. */
  readonly pictures?: string;
}

/** After the last step: evaluates, prints the table, writes report and summary. Where that is cut short, it says how to do it again. */
export async function concludeRun(input: ConcludeRunInput): Promise<RunSummary> {
  const { output, trained, folder } = input;
  const tell = (): void => {
    output.warn(`The weights are saved (${show(trained.checkpoint)}), the evaluation is not done. Do it with: ${commandName()} report ${show(folder.path)} --fresh`);
  };
  const release = takeEndings((ending) => {
    tell();
    endCommand(ending);
  }, ['SIGUSR1']);
  try {
    return await conclude(input);
  } catch (error) {
    tell();
    throw error;
  } finally {
    release();
  }
}

async function conclude({ run, weights, trained, broken, dataset, folder, output, backend, nextSteps, pictures }: ConcludeRunInput): Promise<RunSummary> {
  const metrics = readMetrics(folder.metrics);
  const trainSeconds = metrics.at(-1)?.elapsed ?? 0;
  output.line(`Trained ${formatCount(trained.step)} steps in ${formatDuration(trainSeconds)}. Saved: ${show(trained.checkpoint)}. Evaluating ...`);
  const pictured = await pictureImages(run.description, dataset, { output, ...(pictures === undefined ? {} : { other: pictures }) });
  const evaluation = await evaluateRun(run, weights, await loadImages(dataset, run.description), pictured);
  const knn = evaluation.comparison === undefined ? undefined : knnFigures(evaluation.comparison);
  const unjudged = evaluation.unjudged === undefined || dataset.classes === undefined ? [] : [evaluation.unjudged];
  const warnings = [...unjudged, ...passedOverLines(dataset.passedOver).map((line) => `Not taken from the data: ${line}`), ...evaluation.warnings, ...trained.warnings.map(({ step, message }) => `Step ${formatCount(step)}: ${message}`)].map((warning) => inFlags(warning));
  if (broken.count > 0) output.warn(describeBroken(broken, 'could not be used (listed in the report)'));
  const summary: RunSummary = {
    ...(knn === undefined ? {} : { knn }),
    trainSeconds,
    viewsPerSecond: (trained.step * run.description.batchSize * run.method.batch.views) / trainSeconds,
    epochs: run.description.epochs,
    device: `${backend.device}: ${backend.hardware}`,
    report: show(folder.report),
    checkpoint: show(trained.checkpoint),
  };
  await writeReport(
    folder.report,
    reportOfRun({ run, evaluation, summary, metrics, backend, warnings, nextSteps, ...(dataset.classes === undefined ? {} : { classes: dataset.classes }) }),
  );
  writeJson(folder.summary, summary);

  output.line();
  if (evaluation.comparison !== undefined && knn !== undefined) {
    output.result(resultsTable(evaluation.comparison, output));
    output.line(verdict(knn));
  } else {
    output.result(`${evaluation.unjudged ?? 'No classes to test with.'} Spread ${evaluation.spread.toFixed(2)} (0 is collapse, 1 even), RankMe ${evaluation.rankMe.toFixed(1)} of ${String(evaluation.dimension)} directions.`);
  }
  output.line();
  output.result(`Report      ${summary.report}`);
  output.result(`Checkpoint  ${summary.checkpoint}`);
  if (backend.engine === 'tensorflow') output.result(`TensorBoard ${show(folder.tensorboard)}`);
  output.event('finished', { ...summary });
  return summary;
}
