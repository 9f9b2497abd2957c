import type { Pointer } from './c-api.js';
import type { TensorflowRuntime } from './runtime.js';
import { fieldText, readFields, readVarints } from './wire-format.js';

/** One input of an operation, as its OpDef declares it. */
export interface InputDefinition {
  readonly name: string;
  /** Attribute that names its element type. */
  readonly typeAttribute?: string;
  /** Its element type where that is fixed. */
  readonly fixedType?: number;
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
  /** Whether a type attribute takes an element type: the definition allows it and a kernel of the devices has it. */
  readonly accepts: (typeAttribute: string, type: number) => boolean;
}

/** Element types by type attribute; an attribute that is missing takes any. */
type AllowedTypes = ReadonlyMap<string, ReadonlySet<number>>;

/** The types of an AttrValue that holds a list of types. */
function readTypeList(attributeValue: Uint8Array): ReadonlySet<number> {
  const lists = readFields(attributeValue).filter((field) => field.number === 1);
  return new Set(lists.flatMap(({ bytes }) => readFields(bytes).filter((field) => field.number === 6).flatMap(readVarints)));
}

/** Reads messages of `{ 1: name, [field]: AttrValue }`: an AttrDef (7) or the constraint of a KernelDef (2). */
function readAllowed(messages: readonly Uint8Array[], field: number): AllowedTypes {
  const allowed = new Map<string, ReadonlySet<number>>();
  for (const fields of messages.map(readFields)) {
    const name = fields.find(({ number }) => number === 1);
    const types = fields.filter(({ number }) => number === field).flatMap(({ bytes }) => [...readTypeList(bytes)]);
    if (name !== undefined && types.length > 0) allowed.set(fieldText(name), new Set(types));
  }
  return allowed;
}

interface KernelTypes {
  readonly device: string;
  readonly allowed: AllowedTypes;
}

/** Reads a KernelList. */
function readKernels(message: Uint8Array): KernelTypes[] {
  return readFields(message).filter(({ number }) => number === 1).map(({ bytes }) => {
    const fields = readFields(bytes);
    const device = fields.find(({ number }) => number === 2);
    return { device: device === undefined ? '' : fieldText(device), allowed: readAllowed(fields.filter(({ number }) => number === 3).map((field) => field.bytes), 2) };
  });
}

function readInput(message: Uint8Array): InputDefinition {
  const input: { -readonly [Key in keyof InputDefinition]: InputDefinition[Key] } = { name: '' };
  for (const field of readFields(message)) {
    if (field.number === 1) input.name = fieldText(field);
    else if (field.number === 3) input.fixedType = field.varint;
    else if (field.number === 4) input.typeAttribute = fieldText(field);
    else if (field.number === 5) input.numberAttribute = fieldText(field);
    else if (field.number === 6) input.typeListAttribute = fieldText(field);
  }
  return input;
}

function readDefinition(name: string, message: Uint8Array, kernels: readonly KernelTypes[]): OpDefinition {
  const fields = readFields(message);
  const allowed = readAllowed(fields.filter(({ number }) => number === 4).map(({ bytes }) => bytes), 7);
  const permits = (types: AllowedTypes, attribute: string, type: number) => types.get(attribute)?.has(type) ?? true;
  const inputs = fields.filter((field) => field.number === 2).map((field) => readInput(field.bytes));
  const inferred = inputs.flatMap((input) => [input.typeAttribute, input.numberAttribute, input.typeListAttribute]);
  return {
    name,
    inputs,
    hasListInput: inputs.some(isList),
    isStateful: fields.some((field) => field.number === 17 && field.varint === 1),
    inferred: new Set(inferred.filter((attribute) => attribute !== undefined)),
    accepts: (attribute, type) => permits(allowed, attribute, type) && (kernels.length === 0 || kernels.some((kernel) => permits(kernel.allowed, attribute, type))),
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
    const devices = new Set(this.#runtime.devices.map(({ type }) => type));
    const kernels = readKernels(this.#runtime.takeBuffer((status) => this.#runtime.api.TF_GetRegisteredKernelsForOp(name, status)));
    const definition = readDefinition(name, message, kernels.filter(({ device }) => devices.has(device)));
    this.#known.set(name, definition);
    return definition;
  }
}
