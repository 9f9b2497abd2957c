import { kebabCase } from '../config/config-flags.js';

/** Writes flags as the help shows them: `--batchSize=64` and `--batch_size=64` become `--batch-size=64`. Values stay. */
export function normaliseArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((argument, index) => {
    if (!argument.startsWith('--') || argument === '--' || (end >= 0 && index > end)) return argument;
    const equals = argument.indexOf('=');
    const name = equals < 0 ? argument : argument.slice(0, equals);
    const value = equals < 0 ? '' : argument.slice(equals);
    return `--${kebabCase(name.slice(2)).replaceAll('_', '-')}${value}`;
  });
}

/** The value of a flag before the command line is parsed properly, or nothing. */
export function peekFlag(argv: readonly string[], flag: string): string | undefined {
  for (const [index, argument] of argv.entries()) {
    if (argument === '--') return undefined;
    if (argument.startsWith(`${flag}=`)) return argument.slice(flag.length + 1);
    if (argument === flag) return argv[index + 1];
  }
  return undefined;
}
