import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { readReport, writeReport } from '@ssl/eval';
import type { RunSummary } from '../evaluation/run-summary.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { concludeRun } from '../run/conclude-run.js';
import { findRun } from '../run/find-run.js';
import { loadRun } from '../run/load-run.js';
import { absoluteData, openRunData } from '../run/open-data.js';
import { outputFile } from '../run/output-file.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';
import { ownDataSteps } from '../run/next-steps.js';
import { UsageError } from '../usage-error.js';

interface ReportFlags extends CommonFlags {
  readonly fresh?: boolean;
  readonly pictures?: string;
  readonly runs: string;
}

/** `ssl report`: the page of a run. */
export function defineReport(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder of a run; left out: the newest')
    .option('--fresh', 'evaluate the newest checkpoint again')
    .option('--pictures <data>', 'images that training did not see, for reconstructions and attention (with --fresh; left out: the test part, where the data has one)')
    .option('--runs <folder>', 'where runs are looked for', 'runs')
    .action(async (named: string | undefined, flags: ReportFlags) => {
    const output = outputOf(flags);
    const runs = resolve(folder, flags.runs);
    if (flags.pictures !== undefined && flags.fresh !== true) throw new UsageError('--pictures needs --fresh: the network looks at these images anew. Add it.');
    const { folder: files, checkpoint: newest } = findRun(named ?? true, folder, runs, 'trained runs');
    if (flags.fresh !== true && existsSync(files.reportData)) {
      await writeReport(files.report, await readReport(files.reportData));
      const judged = judgedCheckpoint(files.summary);
      if (newest !== undefined && judged !== undefined && basename(newest) !== judged) {
        output.warn(`Note: the page is of ${judged}, the run has ${basename(newest)} by now. --fresh evaluates that.`);
      }
      output.result(`Report  ${show(files.report)}`);
      return;
    }
    outputFile(files.report, { folder, flag: 'The report' });
    const backend = await startBackend({}, output);
    const { run, checkpoint, checkpointPath } = await loadRun(named ?? true, folder, runs);
    const dataset = await openRunData(run.description, {}, { folder, output });
    const { step } = checkpoint.info;
    await concludeRun({
      run,
      weights: checkpoint,
      trained: { step, checkpoint: checkpointPath, warnings: [] },
      broken: { count: 0, listed: [] },
      dataset,
      folder: files,
      output,
      backend,
      nextSteps: ownDataSteps(files.path),
      ...(flags.pictures === undefined ? {} : { pictures: absoluteData(flags.pictures, folder) as string }),
    });
  });
}

/** The checkpoint whose figures the page shows, where that is known. */
function judgedCheckpoint(summary: string): string | undefined {
  try {
    const { checkpoint } = JSON.parse(readFileSync(summary, 'utf8')) as Partial<RunSummary>;
    return checkpoint === undefined ? undefined : basename(checkpoint);
  } catch {
    return undefined; // not evaluated yet, or damaged
  }
}
