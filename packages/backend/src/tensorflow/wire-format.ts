/** Protocol buffer wire format, as much of it as TensorFlow's C API asks its callers for. */

/** A field as it was read: varints are numbers, length-delimited fields are bytes. */
export interface WireField {
  readonly number: number;
  readonly varint: number;
  readonly bytes: Uint8Array;
}

const noBytes = new Uint8Array(0);

/** Reads the top-level fields of a message. */
export function readFields(message: Uint8Array): WireField[] {
  const fields: WireField[] = [];
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = message[position++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
  };
  const take = (length: number): Uint8Array => message.subarray(position, (position += length));
  while (position < message.length) {
    const tag = readVarint();
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, varint: readVarint(), bytes: noBytes });
        break;
      case 2:
        fields.push({ number, varint: 0, bytes: take(readVarint()) });
        break;
      case 5:
        fields.push({ number, varint: 0, bytes: take(4) });
        break;
      default:
        fields.push({ number, varint: 0, bytes: take(8) });
    }
  }
  return fields;
}

/** The numbers of a repeated varint field, packed or one by one. */
export function readVarints({ varint: single, bytes }: WireField): number[] {
  if (bytes.length === 0) return [single];
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  return values;
}

function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return bytes;
}

/** A varint field. */
export function varintField(number: number, value: number | bigint): number[] {
  return [...varint(number << 3), ...varint(value)];
}

/** A length-delimited field: a submessage, bytes or text. */
export function bytesField(number: number, content: readonly number[] | Uint8Array | string): number[] {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

/** A field of eight bytes holding a double. */
export function doubleField(number: number, value: number): number[] {
  return [...varint((number << 3) | 1), ...new Uint8Array(Float64Array.of(value).buffer)];
}

const decoder = new TextDecoder();

/** Text of a bytes field. */
export function fieldText(field: WireField): string {
  return decoder.decode(field.bytes);
}
