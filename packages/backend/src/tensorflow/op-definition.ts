import type { Pointer } from './c-api.js';
import type { TensorflowRuntime } from './runtime.js';
import { fieldText, readFields } from './wire-format.js';

/** One input of an operation, as its OpDef declares it. */
export interface InputDefinition {
  readonly name: string;
  /** Attribute that names its element type. */
  readonly typeAttribute?: string;
  /** Attribute that holds the length of a list of equal types. */
  readonly numberAttribute?: string;
  /** Attribute that holds the types of a mixed list. */
  readonly typeListAttribute?: string;
}

export interface OpDefinition {
  readonly name: string;
  readonly inputs: readonly InputDefinition[];
  readonly hasListInput: boolean;
  readonly isStateful: boolean;
  /** Attributes that follow from the inputs and are therefore never set. */
  readonly inferred: ReadonlySet<string>;
}

function readInput(message: Uint8Array): InputDefinition {
  const input: { -readonly [Key in keyof InputDefinition]: InputDefinition[Key] } = { name: '' };
  for (const field of readFields(message)) {
    if (field.number === 1) input.name = fieldText(field);
    else if (field.number === 4) input.typeAttribute = fieldText(field);
    else if (field.number === 5) input.numberAttribute = fieldText(field);
    else if (field.number === 6) input.typeListAttribute = fieldText(field);
  }
  return input;
}

function readDefinition(name: string, message: Uint8Array): OpDefinition {
  const fields = readFields(message);
  const inputs = fields.filter((field) => field.number === 2).map((field) => readInput(field.bytes));
  const inferred = inputs.flatMap((input) => [input.typeAttribute, input.numberAttribute, input.typeListAttribute]);
  return {
    name,
    inputs,
    hasListInput: inputs.some(isList),
    isStateful: fields.some((field) => field.number === 17 && field.varint === 1),
    inferred: new Set(inferred.filter((attribute) => attribute !== undefined)),
  };
}

/** True for an input that takes a list of tensors. */
export function isList(input: InputDefinition): boolean {
  return input.numberAttribute !== undefined || input.typeListAttribute !== undefined;
}

/** Looks operations up in the library's own registry, once each. */
export class OpDefinitions {
  readonly #known = new Map<string, OpDefinition>();
  readonly #runtime: TensorflowRuntime;
  readonly #graph: Pointer;

  constructor(runtime: TensorflowRuntime) {
    this.#runtime = runtime;
    this.#graph = runtime.api.TF_NewGraph();
  }

  /** @throws TensorflowError for an operation that the library does not have. */
  get(name: string): OpDefinition {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const message = this.#runtime.readBuffer((buffer, status) => {
      this.#runtime.api.TF_GraphGetOpDef(this.#graph, name, buffer, status);
    });
    const definition = readDefinition(name, message);
    this.#known.set(name, definition);
    return definition;
  }
}
