/** Bytes that a Zstandard block regenerates at most. */
const largestBlock = 2 ** 17;

/**
 * How many bytes Zstandard frames hold at least and at most, told from the headers of their blocks alone. What ends early counts
 * as far as it goes: decoding it fails anyway. RFC 8878, section 3.1.
 */
export function zstdSizes(input: Uint8Array): { readonly least: number; readonly most: number } {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let [at, least, most] = [0, 0, 0];
  while (at + 8 <= input.length) {
    const magic = view.getUint32(at, true);
    if (magic >>> 4 === 0x184d2a5) {
      at += 8 + view.getUint32(at + 4, true); // a frame to be skipped
      continue;
    }
    if (magic !== 0xfd2fb528) break;
    const flags = view.getUint8(at + 4);
    const single = (flags >> 5) & 1;
    const sizeField = flags >> 6 === 0 ? single : 2 ** (flags >> 6);
    at += 5 + (1 - single) + ([0, 1, 2, 4][flags & 3] ?? 0) + sizeField;
    for (let last = false; !last; ) {
      if (at + 3 > input.length) return { least, most };
      const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      const [kind, size] = [(header >> 1) & 3, header >> 3];
      last = (header & 1) === 1;
      // 0: as it is; 1: one byte, repeated; 2: compressed.
      at += 3 + (kind === 1 ? 1 : size);
      least += kind === 2 ? 0 : size;
      most += kind === 2 ? largestBlock : size;
    }
    at += ((flags >> 2) & 1) * 4;
  }
  return { least, most };
}
