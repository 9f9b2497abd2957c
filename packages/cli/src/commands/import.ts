import { resolve } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { importBackbone, normalizationStatistics, readWeights, saveBackbone, weightSources, type BackboneDescription, type ImageNormalization, type ImportedBackbone, type LeftOut, type WeightSource } from '@ssl/weights';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { formatCount } from '../progress/format.js';
import { commandName } from '../run/command-name.js';
import { show } from '../run/run-folder.js';
import { isRun, warnOfZeros, weightsFileAt } from '../run/start-weights.js';
import { startBackend } from '../run/start-backend.js';
import { defaultWeightsOutput, refuseSource, weightsOutput } from '../run/weights-output.js';
import { UsageError } from '../usage-error.js';

interface ImportFlags extends CommonFlags {
  readonly from: WeightSource | 'auto';
  readonly heads?: number;
  readonly checkpointKey?: string;
  readonly normalization?: ImageNormalization;
  readonly allow?: readonly string[];
  readonly out: string;
}

/** `ssl import`: a backbone file from the weights of another library. */
export function defineImport(command: Command, { folder }: ProgramContext): void {
  command
    .argument('<file>', 'a .pth (zip or legacy form, read without running pickles) or .safetensors file')
    .addOption(new Option('--from <source>', 'whose names the file has; dino has to be named for its bare backbones, which look like timm').choices(['auto', ...weightSources.filter((name) => name !== 'ssl')]).default('auto'))
    .option('--heads <number>', 'attention heads, where a head has not 64 features and the file does not say', (text) => {
      const heads = Number(text);
      if (!Number.isInteger(heads) || heads < 1) throw new InvalidArgumentError('It must be a whole number from 1.');
      return heads;
    })
    .option('--checkpoint-key <name>', 'which network of a file with several: teacher, student')
    .addOption(new Option('--normalization <name>', 'of the images in training: ImageNet statistics, or 0.5 and 0.5; left out: the habit of the source').choices(['imagenet', 'half']))
    .option('--allow <class...>', 'Python classes that are kept as data besides the known ones; nothing is run')
    .option('--out <file>', 'file to write, or the folder for it', defaultWeightsOutput)
    .action(async (file: string, flags: ImportFlags) => {
      const path = await weightsOutput(flags.out, folder);
      const output = outputOf(flags);
      await startBackend({ device: 'js' }, output);
      const { from, heads, checkpointKey, normalization, allow } = flags;
      const given = resolve(folder, file);
      if (await isRun(given)) throw new UsageError(`${show(given)} is a run of ours, which needs no import. Write ${commandName()} train --init ${file}, or ${commandName()} export ${file}`);
      const source = weightsFileAt(given);
      refuseSource(path, source);
      const weights = await readWeights(source, allow === undefined ? {} : { allow });
      const backbone = importBackbone(weights, {
        from,
        ...(heads === undefined ? {} : { heads }),
        ...(checkpointKey === undefined ? {} : { checkpointKey }),
        ...(normalization === undefined ? {} : { normalization }),
      });
      const bytes = await saveBackbone(path, backbone);
      const used = Object.keys(backbone.tensors).length;
      output.line(`${describeBackbone(backbone.description)}; names of ${backbone.from}${backbone.root === '' ? '' : ` under '${backbone.root}'`}; ${normalizationName(backbone)}`);
      warnOfZeros(backbone, output);
      for (const { reason, names } of byReason(backbone.leftOut)) output.line(`  left out ${formatCount(names.length)}: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}  ${output.dim(reason)}`);
      output.event('imported', { path, bytes, from: backbone.from, root: backbone.root, description: backbone.description, used, leftOut: backbone.leftOut, sha256: backbone.sha256 });
      output.result(`${formatCount(used)} tensors, ${formatCount(bytes)} bytes: ${show(path)}`);
    });
}

function normalizationName({ normalization, description }: ImportedBackbone): string {
  if (normalizationStatistics(normalization, description.options.channels ?? 3) === undefined) return 'how its images were normalised is not known';
  const images = 'images normalised with';
  if (typeof normalization === 'string') return `${images} ${{ imagenet: 'ImageNet statistics', half: 'mean and deviation 0.5' }[normalization]}`;
  return `${images} mean ${normalization.mean.join(', ')} and deviation ${normalization.deviation.join(', ')}`;
}

function describeBackbone(description: BackboneDescription): string {
  const { channels = 3 } = description.options;
  return `${describeNetwork(description)}${channels === 3 ? '' : `, ${String(channels)} channels`}`;
}

function describeNetwork(description: BackboneDescription): string {
  if (description.kind === 'resnet') return `${description.name}, width ${String(description.options.width)}, ${String(description.options.stem)} stem`;
  if (description.kind === 'small-conv-net') return 'small convolutional network';
  const { width, depth, heads, patchSize, imageSize, registers = 0, layerScale, feedForward, positions } = description.options;
  const extras = [...(registers > 0 ? [`${String(registers)} registers`] : []), ...(layerScale === undefined ? [] : ['layer scale']), ...(feedForward === 'swiglu' ? ['SwiGLU'] : []), `${String(positions)} positions`];
  return `Vision Transformer of ${String(depth)} blocks, width ${String(width)}, ${String(heads)} heads, patches of ${String(patchSize)}, images of ${String(imageSize)}, ${extras.join(', ')}`;
}

function byReason(leftOut: readonly LeftOut[]): { reason: string; names: string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, reason } of leftOut) groups.set(reason, [...(groups.get(reason) ?? []), name]);
  return [...groups].map(([reason, names]) => ({ reason, names }));
}
