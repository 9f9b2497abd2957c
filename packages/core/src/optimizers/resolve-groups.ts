import { SslError } from '../errors.js';
import type { ParameterGroup, ParameterGroupRule, TensorMap } from './optimizer.js';

/** What applies to a parameter that no rule matches. */
export const parameterGroupDefaults: ParameterGroup = {
  weightDecay: 1,
  learningRate: 1,
  constantRate: false,
  adapt: true,
  frozenUntil: 0,
  frozen: false,
};

/**
 * The group of every parameter: rules are read in order, later ones override field by field.
 *
 * @throws SslError when a factor or a step is negative or not a number.
 */
export function resolveGroups(
  params: TensorMap,
  rules: readonly ParameterGroupRule[],
): Readonly<Record<string, ParameterGroup>> {
  const groups: Record<string, ParameterGroup> = {};
  for (const [path, { shape }] of Object.entries(params)) {
    let group = parameterGroupDefaults;
    for (const { match, ...fields } of rules) if (match(path, shape)) group = { ...group, ...fields };
    for (const field of ['weightDecay', 'learningRate', 'frozenUntil'] as const) {
      if (!(group[field] >= 0)) {
        throw new SslError(
          `the parameter group of ${path} needs ${field} from 0 on, got ${group[field]}. Correct the rule that matches it.`,
          { from: '@ssl/core' },
        );
      }
    }
    groups[path] = group;
  }
  return groups;
}
