import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { encodeSafetensors, writeFileAtomically } from '@ssl/core';
import { exportBackbone, exportTargets, importBackbone, readWeights, type ExportTarget } from '@ssl/weights';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount } from '../progress/format.js';
import { backboneOfRun } from '../run/backbone-of-run.js';
import { isBackboneFile } from '../run/start-weights.js';
import { loadRun } from '../run/load-run.js';
import { outputFile } from '../run/output-file.js';
import { show } from '../run/run-folder.js';
import { startBackend } from '../run/start-backend.js';

interface ExportFlags extends CommonFlags {
  readonly to: ExportTarget;
  readonly out: string;
  readonly runs: string;
}

/** `ssl export`: the trained backbone for PyTorch. */
export function defineExport(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a backbone file; left out: the newest run')
    .addOption(new Option('--to <library>', 'whose names the file gets').choices([...exportTargets]).makeOptionMandatory())
    .option('--out <file>', 'file to write', 'backbone.safetensors')
    .option('--runs <folder>', 'where runs are looked for', 'runs')
    .action(async (named: string | undefined, flags: ExportFlags) => {
      const path = outputFile(flags.out, { folder });
      const output = outputOf(flags);
      await startBackend({ device: 'js' }, output);
      const runs = resolve(folder, flags.runs);
      const backbone =
        named !== undefined && (await isBackboneFile(resolve(folder, named)))
          ? importBackbone(await readWeights(resolve(folder, named)))
          : await backboneOfRun(await loadRun(named ?? true, folder, runs));
      const { tensors, leftOut, python } = exportBackbone(backbone, flags.to);
      const bytes = encodeSafetensors(tensors, { format: 'pt' });
      await writeFileAtomically(path, bytes);
      for (const { name, reason } of leftOut) output.line(`  left out ${name}  ${output.dim(reason)}`);
      output.event('exported', { path, bytes: bytes.length, to: flags.to, tensors: Object.keys(tensors).length, python: python.replace('FILE', path) });
      output.line(python.replace('FILE', show(path)));
      output.result(`${formatCount(Object.keys(tensors).length)} tensors, ${formatCount(bytes.length)} bytes: ${show(path)}`);
    });
}
