import { typeName } from './data-type.js';
import { fieldText, readFields, type WireField } from './wire-format.js';

/** Type and shape of a tensor. */
export interface TensorForm {
  /** 'float32', 'bfloat16', ... */
  readonly type: string;
  readonly shape: readonly number[];
}

/** One operation of one run. */
export interface OperationRecord {
  /** Its name in the graph. */
  readonly name: string;
  /** Its type as it was run: 'Conv2D', '_MklNativeConv2D', '_FusedMatMul'. */
  readonly kind: string;
  /** Undefined where the library did not say: what is in memory already, such as a constant. */
  readonly inputs: readonly (TensorForm | undefined)[];
  readonly outputs: readonly TensorForm[];
  /** From its start to its end. */
  readonly seconds: number;
}

const field = (fields: readonly WireField[], number: number): WireField | undefined => fields.find((candidate) => candidate.number === number);
const all = (message: Uint8Array, number: number): Uint8Array[] => readFields(message).filter((candidate) => candidate.number === number).map(({ bytes }) => bytes);

/** Of a TensorDescription: element type 1, shape 2 with a size 1 in each dimension 2. */
function readForm(description: Uint8Array): TensorForm {
  const fields = readFields(description);
  const shape = field(fields, 2)?.bytes ?? new Uint8Array(0);
  return { type: typeName(field(fields, 1)?.varint ?? 0), shape: all(shape, 2).map((dimension) => field(readFields(dimension), 1)?.varint ?? 0) };
}

interface NodeStats {
  readonly name: string;
  readonly label: string;
  readonly outputs: readonly TensorForm[];
  readonly nanoseconds: number;
}

/** Of a NodeExecStats: name 1, outputs 7 with their slots 1 and descriptions 3, label 8, start 14 and end 15 in nanoseconds. */
function readNode(message: Uint8Array): NodeStats {
  const fields = readFields(message);
  const outputs: TensorForm[] = [];
  for (const output of fields.filter(({ number }) => number === 7)) {
    const parts = readFields(output.bytes);
    outputs[field(parts, 1)?.varint ?? 0] = readForm(field(parts, 3)?.bytes ?? new Uint8Array(0));
  }
  const name = field(fields, 1);
  const label = field(fields, 8);
  return {
    name: name === undefined ? '' : fieldText(name),
    label: label === undefined ? '' : fieldText(label),
    outputs,
    nanoseconds: (field(fields, 15)?.varint ?? 0) - (field(fields, 14)?.varint ?? 0),
  };
}

/**
 * The operations of a serialised RunMetadata: step stats 1, devices 1 in them, nodes 2 in those.
 *
 * @param inputForms of what was fed, by the name of its placeholder.
 */
export function readStepStats(metadata: Uint8Array, inputForms: ReadonlyMap<string, TensorForm> = new Map()): OperationRecord[] {
  const nodes = all(metadata, 1).flatMap((stats) => all(stats, 1)).flatMap((device) => all(device, 2)).map(readNode);
  const outputs = new Map(nodes.map((node) => [node.name, node.outputs]));
  const formOf = (input: string): TensorForm | undefined => {
    const [name = '', slot = '0'] = input.split(':');
    return outputs.get(name)?.[Number(slot)] ?? inputForms.get(name);
  };
  return nodes.flatMap(({ name, label, outputs: own, nanoseconds }) => {
    // '[CPU] name = Kind(input, other:1, ^control)'
    const [, kind, inputs = ''] = / = (\w+)\((.*)\)$/.exec(label) ?? [];
    if (kind === undefined) return [];
    const names = inputs.split(', ').filter((input) => input !== '' && !input.startsWith('^'));
    return [{ name, kind, inputs: names.map(formOf), outputs: own, seconds: nanoseconds / 1e9 }];
  });
}
