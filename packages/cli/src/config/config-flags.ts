import { z } from 'zod';
import { configSchema } from './config-schema.js';

/** One key of the configuration as a flag. */
export interface ConfigFlag {
  /** Dotted key: `optimizer.learningRate`. */
  readonly key: string;
  /** The flag: `--optimizer.learning-rate`. */
  readonly flag: string;
  readonly kind: 'string' | 'number' | 'boolean';
  readonly choices?: readonly string[];
  /** Takes several values: the flag again, or numbers with commas. */
  readonly list?: true;
  readonly description: string;
}

/** `optimizer.learningRate` as `optimizer.learning-rate`. */
export function kebabCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every key of the schema that a flag can set, nested ones joined by dots. */
export function configFlags(): ConfigFlag[] {
  return flagsOf(configSchema, '');
}

function flagsOf(schema: z.ZodObject, prefix: string): ConfigFlag[] {
  return Object.entries(schema.shape).flatMap(([name, field]) => {
    const key = `${prefix}${name}`;
    const description = descriptionOf(field);
    const type = unwrap(field);
    if (type instanceof z.ZodObject) return flagsOf(type, `${key}.`);
    const leaf = leafOf(type);
    return leaf === undefined ? [] : [{ key, flag: `--${kebabCase(key)}`, description, ...leaf }];
  });
}

function descriptionOf(field: unknown): string {
  return (field as z.ZodType).description ?? '';
}

function unwrap(field: unknown): z.ZodType {
  return field instanceof z.ZodOptional ? unwrap(field.unwrap()) : (field as z.ZodType);
}

function leafOf(type: z.ZodType): Pick<ConfigFlag, 'kind' | 'choices' | 'list'> | undefined {
  if (type instanceof z.ZodString) return { kind: 'string' };
  if (type instanceof z.ZodNumber) return { kind: 'number' };
  if (type instanceof z.ZodBoolean) return { kind: 'boolean' };
  if (type instanceof z.ZodEnum) return { kind: 'string', choices: type.options.map(String) };
  if (type instanceof z.ZodLiteral) return { kind: 'number' };
  if (type instanceof z.ZodArray) {
    const element = leafOf(type.element as z.ZodType);
    return element === undefined ? undefined : { ...element, list: true };
  }
  if (type instanceof z.ZodUnion) {
    const leaves = type.options.map((option) => leafOf(option as z.ZodType)).filter((leaf) => leaf !== undefined);
    return leaves.find(({ list }) => list === true) ?? leaves[0];
  }
  return undefined;
}
