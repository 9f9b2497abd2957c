import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { readReport } from '@ssl/eval';
import { summaryTable } from '../evaluation/summary-table.js';
import { verdict } from '../evaluation/verdict.js';
import type { RunSummary } from '../evaluation/run-summary.js';
import { exitCodes } from '../exit-codes.js';
import { methodOptions } from '../methods/method-options.js';
import { resolveMethod } from '../methods/resolve-method.js';
import { outputOf, withCommonFlags, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount, formatDuration } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { buildRun } from '../run/build-run.js';
import { concludeRun } from '../run/conclude-run.js';
import { ownDataSteps, printSteps } from '../run/next-steps.js';
import { openData } from '../run/open-data.js';
import { quickstart, quickstartSettings } from '../run/quickstart-settings.js';
import { freshFolder, quickstartState, sameRun, setAside } from '../run/quickstart-folder.js';
import { describeRun, type RunDescription } from '../run/run-description.js';
import { runFolder, show, type RunFolder } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { trainRun } from '../run/train-run.js';

interface QuickstartFlags extends CommonFlags {
  readonly fresh?: boolean;
  readonly seed: number;
  readonly epochs?: number;
  readonly command: string;
}

/** `ssl quickstart` (`npm start`): SimCLR on emoji drawings in about three minutes, and what it learned. */
export function quickstartCommand({ folder, finish }: ProgramContext): Command {
  const command = new Command('quickstart')
    .description('train SimCLR on emoji drawings for three minutes and show what it learned')
    .option('--fresh', 'train again, where a finished run is there')
    .option('--seed <number>', 'every random draw comes from it', wholeNumber(0), 0)
    .option('--epochs <number>', 'passes over the data, for a shorter or longer run', wholeNumber(1))
    .option('--command <text>', 'how the ssl command is called, for the advice at the end', 'ssl');
  return withCommonFlags(command).action(async (flags: QuickstartFlags) => {
    finish(await runQuickstart(flags, folder));
  });
}

async function runQuickstart(flags: QuickstartFlags, folder: string): Promise<number> {
  const output = outputOf(flags);
  const target = runFolder(join(folder, 'runs', 'quickstart'));
  const steps = ownDataSteps(flags.command, target.path);
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

  const state = quickstartState(target, (there) => sameRun(there, describe(there.datasetSize)));
  if (state.kind === 'finished' && flags.fresh !== true) {
    await showAgain(target, state.summary, output);
    printSteps(output, steps);
    return exitCodes.success;
  }

  output.line(output.bold('SimCLR on emoji drawings, without labels'));
  const backend = await startBackend({}, output);
  const dataset = await openData(quickstart.data, { folder, output });
  const run = await buildRun(describe(dataset.size), folder, { plugin: method.plugin });
  const resume = state.kind === 'interrupted' && flags.fresh !== true;
  if (!resume && existsSync(target.path)) output.line(`The earlier run is kept in ${show(setAside(target))}.`);
  if (!resume) freshFolder(target.path);
  output.line(
    `${formatCount(dataset.size)} drawings of about 1,950 things in nine styles, ${String(quickstartSettings.imageSize)} pixels. The network sees them without labels, two random views at a time,\n` +
      'and learns which two belong together. The nine categories (people, food, flags, ...) are only for the test afterwards.',
  );
  const outcome = await trainRun({ run, dataset, folder: target, output, resume });
  try {
    const { result, broken } = outcome;
    if (result.status === 'interrupted') {
      output.result(`Interrupted at step ${formatCount(result.step)}. Saved: ${show(result.checkpoint ?? target.checkpoints)}`);
      output.result(`Go on with the same command (--fresh starts anew).`);
      return exitCodes.interrupted;
    }
    const trained = { step: result.step, checkpoint: result.checkpoint ?? target.checkpoints, warnings: result.warnings };
    await concludeRun({ run, weights: result, trained, broken, dataset, folder: target, output, backend, nextSteps: steps });
  } finally {
    outcome.result.dispose();
  }
  printSteps(output, steps);
  return exitCodes.success;
}

/** Shows a finished run without computing anything. */
async function showAgain(folder: RunFolder, summary: RunSummary, output: Output): Promise<void> {
  const { createdAt } = await readReport(folder.reportData);
  output.line(`This run was finished on ${createdAt.slice(0, 10)}: ${formatCount(summary.epochs)} epochs in ${formatDuration(summary.trainSeconds)} on ${summary.device}. --fresh trains again.`);
  output.line();
  if (summary.knn !== undefined) {
    output.result(summaryTable(summary.knn, output));
    output.line(verdict(summary.knn));
  }
  output.line();
  output.result(`Report      ${summary.report}`);
  output.result(`Checkpoint  ${summary.checkpoint}`);
  if (existsSync(folder.tensorboard)) output.result(`TensorBoard ${show(folder.tensorboard)}`);
  output.event('finished', { ...summary });
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) throw new InvalidArgumentError(`It must be a whole number from ${String(least)}.`);
    return value;
  };
}
