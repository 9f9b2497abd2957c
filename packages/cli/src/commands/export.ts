import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { encodeSafetensors, writeFileAtomically } from '@ssl/core';
import { exportBackbone, exportTargets, moduleHeader, type ExportTarget } from '@ssl/weights';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount } from '../progress/format.js';
import { backboneOfRun } from '../run/backbone-of-run.js';
import { loadRun } from '../run/load-run.js';
import { show } from '../run/run-folder.js';
import { isBackboneFile, readBackbone } from '../run/start-weights.js';
import { startBackend } from '../run/start-backend.js';
import { defaultWeightsOutput, refuseSource, weightsOutput } from '../run/weights-output.js';
import { UsageError } from '../usage-error.js';

interface ExportFlags extends CommonFlags {
  readonly to: ExportTarget;
  readonly out: string;
  readonly runs: string;
}

/** `ssl export`: the trained backbone for PyTorch. */
export function defineExport(command: Command, { folder }: ProgramContext): void {
  command
    .argument('[run]', 'folder or checkpoint of a run, or a backbone file; left out: the newest run')
    .addOption(new Option('--to <library>', 'pytorch: any network, with a file of Python that has it as nn.Module; timm and torchvision: by their names, where they have the network').choices([...exportTargets]).default('pytorch'))
    .option('--out <file>', 'file to write, or the folder for it', defaultWeightsOutput)
    .option('--runs <folder>', 'where runs are looked for', 'runs')
    .action(async (named: string | undefined, flags: ExportFlags) => {
      const path = await weightsOutput(flags.out, folder);
      const output = outputOf(flags);
      await startBackend({ device: 'js' }, output);
      const runs = resolve(folder, flags.runs);
      const backbone =
        named !== undefined && (await isBackboneFile(resolve(folder, named)))
          ? await readBackbone(resolve(folder, named), folder)
          : await backboneOfRun(await loadRun(named ?? true, folder, runs));
      const { tensors, leftOut, preprocessing, metadata, python, module } = exportBackbone(backbone, flags.to);
      refuseSource(path, named === undefined ? backbone.source : resolve(folder, named));
      const modulePath = module === undefined ? undefined : modulePathFor(path);
      const bytes = encodeSafetensors(tensors, metadata);
      await writeFileAtomically(path, bytes);
      if (module !== undefined && modulePath !== undefined) await writeFileAtomically(modulePath, Buffer.from(module(basename(path))));
      for (const { name, reason } of leftOut) output.line(`  left out ${name}  ${output.dim(reason)}`);
      const code = (shown: (path: string) => string): string =>
        python({ file: shown(path), ...(modulePath === undefined ? {} : { module: { folder: shown(dirname(modulePath)), name: basename(modulePath, '.py') } }) });
      output.event('exported', { path, bytes: bytes.length, to: flags.to, tensors: Object.keys(tensors).length, preprocessing, ...(modulePath === undefined ? {} : { module: modulePath }), python: code((place) => place) });
      output.line(code((place) => (relative(folder, place).startsWith('..') ? place : relative(folder, place) || '.')));
      output.result(`${formatCount(Object.keys(tensors).length)} tensors, ${formatCount(bytes.length)} bytes: ${show(path)}${modulePath === undefined ? '' : `, and the network: ${show(modulePath)}`}`);
    });
}

/**
 * The Python beside a file of weights: `backbone_model.py`, a name that Python can import and that hides no library.
 *
 * @throws UsageError where a file of that name is there which is none of ours for these weights.
 */
function modulePathFor(weights: string): string {
  const name = basename(weights);
  const path = join(dirname(weights), `${basename(name, '.safetensors').replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_')}_model.py`);
  if (existsSync(path) && !readFileSync(path, 'utf8').startsWith(`${moduleHeader(name)}\n`)) {
    throw new UsageError(`The network is written to ${show(path)}, where another file is. Give the weights another name with --out, or take that file away.`);
  }
  return path;
}
