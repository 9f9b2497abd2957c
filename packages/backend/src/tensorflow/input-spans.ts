import type { OpAttribute } from './attributes.js';
import { type InputDefinition, isList, type OpDefinition } from './op-definition.js';
import { TensorflowError } from './tensorflow-error.js';

/** Which of the given tensors belong to one declared input: `start` to `end` (exclusive). */
export interface InputSpan {
  readonly input: InputDefinition;
  readonly start: number;
  readonly end: number;
}

function listLength(input: InputDefinition, attributes: readonly OpAttribute[]): number | undefined {
  const name = input.numberAttribute ?? input.typeListAttribute;
  const value = attributes.find((attribute) => attribute.name === name)?.value;
  return Array.isArray(value) ? value.length : (value as number | undefined);
}

/**
 * Divides the tensors of a call among the declared inputs. A list takes what its length attribute says, else all that
 * the other inputs leave.
 *
 * @throws TensorflowError when the number of tensors does not fit.
 */
export function inputSpans(definition: OpDefinition, attributes: readonly OpAttribute[], count: number): InputSpan[] {
  const single = definition.inputs.filter((input) => !isList(input)).length;
  let start = 0;
  const spans = definition.inputs.map((input) => {
    const length = isList(input) ? (listLength(input, attributes) ?? count - single) : 1;
    return { input, start, end: (start += length) };
  });
  if (start !== count) {
    throw new TensorflowError(`${definition.name} takes ${start} input tensors (${definition.inputs.map((input) => input.name).join(', ')}), got ${count}.`, 3);
  }
  return spans;
}
