import { expect, test } from 'vitest';
import { bytesField, doubleField, fieldText, readFields, varintField } from './wire-format.js';

test('fields survive a round trip, varints of any length and sign included', () => {
  const message = Uint8Array.from([...varintField(1, 300), ...varintField(2, -1n), ...bytesField(3, 'naïve'), ...doubleField(20, 0.25), ...bytesField(4, varintField(1, 7))]);
  const [count, minus, text, ratio, nested] = readFields(message);
  expect(count).toMatchObject({ number: 1, varint: 300 });
  expect(minus?.number).toBe(2); // ten bytes long; the fields after it are read at the right place
  expect(text && fieldText(text)).toBe('naïve');
  expect(ratio?.number).toBe(20);
  expect(new DataView(Uint8Array.from(ratio?.bytes ?? []).buffer).getFloat64(0, true)).toBe(0.25);
  expect(readFields(nested?.bytes ?? new Uint8Array(0))).toMatchObject([{ number: 1, varint: 7 }]);
});

test('a varint field is the bytes that the protocol buffer documentation gives', () => {
  expect(varintField(1, 150)).toEqual([0x08, 0x96, 0x01]);
  expect(bytesField(2, 'testing')).toEqual([0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
});
