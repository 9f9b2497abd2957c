import type { ReportStep } from '@ssl/eval';
import type { Output } from '../progress/output.js';
import { commandName } from './command-name.js';
import { show } from './run-folder.js';

/** What to do after a run. */
export function ownDataSteps(run: string): ReportStep[] {
  const command = commandName();
  const path = show(run);
  return [
    { text: 'Train on your own images (a folder, nested or flat; labels are not needed):', command: `${command} train --method simclr --data ./my-photos` },
    { text: 'Test these features on your own images, one folder for each class:', command: `${command} eval ${path} --data ./my-photos` },
    { text: 'Write feature vectors for search, clustering or a classifier of your own:', command: `${command} embed ${path} --data ./my-photos --out features.jsonl` },
    { text: 'Take the network to PyTorch:', command: `${command} export ${path}` },
    { text: 'See every setting and every method:', command: `${command} train --help` },
  ];
}

/** Prints the steps. */
export function printSteps(output: Output, steps: readonly ReportStep[]): void {
  output.line();
  output.line(output.bold('What next'));
  for (const { text, command } of steps) {
    output.line(`  ${text}`);
    if (command !== undefined) output.line(`    ${command}`);
  }
}
