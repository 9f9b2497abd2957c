import { Option, type Command } from 'commander';
import { writePack, type WritePackOptions } from '@ssl/data';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { describeBroken } from '../progress/describe-broken.js';
import { formatCount } from '../progress/format.js';
import { commandName } from '../run/command-name.js';
import { dataOptions, openData } from '../run/open-data.js';
import { outputFile } from '../run/output-file.js';
import { show } from '../run/run-folder.js';
import { UsageError } from '../usage-error.js';

interface PackFlags extends CommonFlags {
  readonly format: string;
  readonly size?: string;
  readonly quality?: string;
  readonly fit: string;
  readonly split?: 'train' | 'test';
  readonly background?: 'white' | 'black' | 'random';
  readonly channels?: string;
  readonly range?: string;
}

const formats = ['pixels', 'jpeg', 'original'] as const;
const fits = ['squeeze', 'cover', 'contain'] as const;

/** `ssl pack`: images in one file that is read many times, fast. */
export function definePack(command: Command, { folder }: ProgramContext): void {
  command
    .argument('<data>', 'images: a folder, emoji, tar:PATH …')
    .argument('<out>', 'file to write, .sslpack')
    .option('--format <format>', `${formats.join(', ')}: squares ready to use, JPEGs encoded again, or the files as they are`, 'pixels')
    .option('--size <pixels>', 'side of the squares (256 if left out), or of the shorter side of JPEGs')
    .option('--fit <fit>', `${fits.join(', ')}: how images become squares`, 'squeeze')
    .addOption(new Option('--split <part>', 'part of sets that have two (mnist, fashion-mnist, CIFAR)').choices(['train', 'test']))
    .addOption(new Option('--background <colour>', 'what lies behind drawings (emoji) and transparent pictures (not with --format original, which keeps the files)').choices(['white', 'black', 'random']))
    .option('--channels <number>', '3 for colour, 1 for grey, the number of bands for multispectral images (with --format pixels)')
    .option('--range <black,white>', 'stored values that are black and white, for images whose files do not say: 0,4095 (not with --format original)')
    .option('--quality <number>', 'of JPEGs, 1 to 100');
  command.action(async (data: string, out: string, flags: PackFlags) => {
    const path = outputFile(out, { folder, flag: 'The pack', endings: ['.sslpack'] });
    const output = outputOf(flags);
    const dataset = await openData(data, { folder, output, ...dataOptions({ ...flags, range: flags.range === undefined ? undefined : rangeOf(flags.range) }) });
    const result = await writePack(dataset, path, {
      ...packOptions(flags),
      onProgress: (done) => {
        output.live(`${formatCount(done)} of ${formatCount(dataset.size)} images`);
      },
    });
    output.liveDone();
    await dataset.close?.();
    const { count, bytes, broken } = result;
    if (broken.count > 0) output.warn(describeBroken(broken));
    output.event('packed', { path, images: count, bytes, broken: broken.count });
    output.result(`${formatCount(count)} images, ${(bytes / 1e6).toFixed(1)} MB: ${show(path)}\nTrain on it: ${commandName()} train --data ${show(path)}`);
  });
}

function packOptions(flags: PackFlags): WritePackOptions {
  const format = oneOf('--format', flags.format, formats);
  const size = flags.size === undefined ? (format === 'pixels' ? 256 : undefined) : whole('--size', flags.size, 1, 4096);
  return {
    format,
    fit: oneOf('--fit', flags.fit, fits),
    ...(size === undefined ? {} : { size }),
    ...(flags.channels === undefined ? {} : { channels: whole('--channels', flags.channels, 1, 1024) }),
    ...(flags.quality === undefined ? {} : { quality: whole('--quality', flags.quality, 1, 100) }),
  };
}

function oneOf<T extends string>(flag: string, value: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new UsageError(`${flag} needs one of ${known.join(', ')}, got ${value}.`);
  return found;
}

function rangeOf(text: string): readonly number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (values.length !== 2 || !values.every(Number.isFinite)) throw new UsageError(`--range needs two numbers, the values that are black and white, got ${text}. Write --range 0,4095.`);
  return values;
}

function whole(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new UsageError(`${flag} needs a whole number from ${String(least)} to ${String(most)}, got ${text}.`);
  return value;
}
