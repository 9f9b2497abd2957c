import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { summaryTable } from '../evaluation/summary-table.js';
import { verdict } from '../evaluation/verdict.js';
import type { RunSummary } from '../evaluation/run-summary.js';
import { outputOf } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount, formatDuration } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { ownDataSteps, printSteps } from '../run/next-steps.js';
import { quickstartState } from '../run/quickstart-folder.js';
import { isQuickstart } from '../run/quickstart-settings.js';
import { runFolder, show, type RunFolder } from '../run/run-folder.js';
import type { QuickstartFlags } from '../run/run-quickstart.js';

/** `ssl quickstart` (`npm start`): SimCLR on emoji drawings in about three minutes, and what it learned. */
export function defineQuickstart(command: Command, { folder, finish }: ProgramContext): void {
  command
    .option('--fresh', 'train again, where a finished run is there')
    .option('--seed <number>', 'every random draw comes from it', wholeNumber(0), 0)
    .option('--epochs <number>', 'passes over the data, for a shorter or longer run', wholeNumber(1))
    .action(async (flags: QuickstartFlags) => {
      const target = runFolder(join(folder, 'runs', 'quickstart'));
      const state = quickstartState(target, (description) => isQuickstart(description, flags.seed, flags.epochs));
      if (state.kind === 'finished' && flags.fresh !== true) {
        const output = outputOf(flags);
        showAgain(target, state.summary, output);
        printSteps(output, ownDataSteps(target.path));
        return;
      }
      const { runQuickstart } = await import('../run/run-quickstart.js'); // engine and charts take a second to load
      finish(await runQuickstart(flags, folder));
    });
}

/** Shows a finished run without computing anything. */
function showAgain(folder: RunFolder, summary: RunSummary, output: Output): void {
  const { createdAt } = JSON.parse(readFileSync(folder.reportData, 'utf8')) as { createdAt: string };
  output.line(`This run was finished on ${createdAt.slice(0, 10)}: ${formatCount(summary.epochs)} ${summary.epochs === 1 ? 'epoch' : 'epochs'} in ${formatDuration(summary.trainSeconds)} on ${summary.device}. --fresh trains again.`);
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
