import type { z } from 'zod';
import { UsageError } from '../usage-error.js';
import { kebabCase } from './config-flags.js';
import { configSchema, type SslConfig } from './config-schema.js';
import { didYouMean } from './closest.js';

/**
 * Checks a configuration.
 *
 * @param value What was written.
 * @param source Where: the path of the file, or `the command line`.
 * @throws UsageError with one line for each wrong key.
 */
export function checkConfig(value: unknown, source: string): SslConfig {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => describeIssue(issue, value, source));
  throw new UsageError(`${source} does not fit:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown, source: string): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(path);
    return issue.keys.map((key) => {
      const hint = didYouMean(key, known);
      return `unknown key '${[...path, key].join('.')}'.${hint === '' ? ` Known are ${known.join(', ')}.` : hint}`;
    });
  }
  const name = source === 'the command line' ? `--${kebabCase(path.join('.'))}` : `'${path.join('.')}'`;
  return [`${path.length === 0 ? 'the configuration' : name}: ${needed(issue)}, got ${show(valueAt(value, path))}.`];
}

function needed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'too_small':
      return `needs ${issue.inclusive === true ? 'at least' : 'more than'} ${String(issue.minimum)}${issue.origin === 'string' ? ' character' : ''}`;
    case 'too_big':
      return `needs at most ${String(issue.maximum)}`;
    case 'invalid_type':
      return `needs ${issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`}`;
    case 'invalid_value':
      return `needs one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union': {
      const choices = issue.errors.flat().flatMap((inner) => (inner.code === 'invalid_value' ? inner.values.map(String) : []));
      return choices.length > 0 ? `needs one of ${choices.join(', ')}` : 'needs a name or an object of the right kind';
    }
    case 'invalid_format':
      return 'needs letters, digits, dots, dashes and underscores only';
    default:
      return issue.message;
  }
}

function keysAt(path: readonly string[]): string[] {
  let schema: unknown = configSchema;
  for (const key of path) {
    const field = (schema as z.ZodObject).shape[key] as z.ZodOptional<z.ZodObject> | undefined;
    schema = field?.unwrap();
  }
  return Object.keys((schema as z.ZodObject | undefined)?.shape ?? {});
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value);
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value));
}
