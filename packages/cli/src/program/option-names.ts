import type { Command } from 'commander';
import { configFlags, kebabCase } from '../config/config-flags.js';

/** The command that the user typed: its name and its flags. */
let called: { readonly name: string; readonly flags: readonly string[] } | undefined;

/** Options of the libraries that flags of another name set. */
const aliases: Readonly<Record<string, string>> = { initial: '--continue-from', checkpoint: '--recompute' };

/** Flags that messages name and the configuration does not have, with their command. */
const elsewhere: Readonly<Record<string, string>> = {
  ...{ '--heads': 'import', '--from': 'import', '--checkpoint-key': 'import', '--protocol': 'eval', '--fresh': 'report', '--pictures': 'report', '--preset': 'views', '--out': 'embed' },
  ...{ '--resume': 'train', '--continue-from': 'train', '--config': 'train', '--outputs': 'train', '--patch-outputs': 'train' },
};

/** Notes the command whose flags messages shall name. */
export function nameFlagsOf(command: Command): void {
  called = { name: command.name(), flags: command.options.flatMap(({ long }) => (long === undefined ? [] : [long])) };
}

/**
 * A message of a library in the words of the command that was typed: options become its flags (`batchSize` is `--batch-size`, a remark such as
 * `(option pixelLimit)` goes where no flag sets it), and a flag that it does not have gets the command that has.
 */
export function inFlags(message: string, { name, flags } = called ?? { name: '', flags: [] }): string {
  if (name === '') return message;
  const flagOf = (option: string): string | undefined =>
    [aliases[option] ?? '', `--${kebabCase(option)}`, `--optimizer.${kebabCase(option)}`, `--checkpoint.${kebabCase(option)}`].find((known) => flags.includes(known));
  const translated = message
    .replaceAll(/ \((?:[^()]*\b)?option (\w+)[^()]*\)/g, (_, option: string) => (flagOf(option) === undefined ? '' : ` (${flagOf(option) ?? ''})`))
    .replaceAll(/ \(([a-z]+[A-Z]\w*|initial|resume: true)\)/g, (_, option: string) => {
      const flag = flagOf(option.replace(': true', ''));
      return flag === undefined ? '' : ` (${flag})`;
    })
    .replaceAll(/(?<![\w./'"`-])[a-z]+(?:[A-Z][a-z]+)+(?![\w(./'"`])/g, (option) => flagOf(option) ?? option)
    .replace(/^(\[@ssl\/\w+\] )([a-z]\w*)(?= (?:must be|needs))/, (whole, from: string, option: string) => (flagOf(option) === undefined ? whole : `${from}${flagOf(option) ?? ''}`))
    .replace(/ needs an? ([a-z]+(?: [a-z]+)*?) above 0/, (whole, words: string) => {
      const flag = flagOf(words.replaceAll(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase()));
      return flag === undefined ? whole : whole.replace(words, `${words} (${flag})`);
    });
  // A whole command line keeps its flags: "ssl train --method dvae".
  return translated
    .split(/(\bssl (?:-- )?[a-z]+ [^,;)]*?(?=\. |[,;)]|$))/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll(/(?<![\w-])--[a-z][\w-]*(?:\.[a-z][\w-]*)?(?! of ssl)\b/g, (flag) => (flags.includes(flag) ? flag : `${flag}${ownerOf(flag)}`))))
    .join('');
}

/** ' of ssl import', where a command is known that has the flag. */
function ownerOf(flag: string): string {
  const owner = elsewhere[flag] ?? (configFlags().some((known) => known.flag === flag) ? 'train' : undefined);
  return owner === undefined ? '' : ` of ssl ${owner}`;
}
