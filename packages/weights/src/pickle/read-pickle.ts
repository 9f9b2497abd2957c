import { construct, isAllowed } from './allowed-globals.js';
import { ByteCursor } from './byte-cursor.js';
import { PickleError } from './pickle-error.js';
import { refusal } from './refusal.js';
import { PersistentReference, PythonGlobal, PythonRecord, type PythonDict, type PythonValue } from './python-values.js';

export interface ReadPickleOptions {
  /** Byte at which the pickle begins. */
  readonly start?: number;
  /** More classes that are kept as data: `my.package.Config`. */
  readonly allow?: readonly string[];
  /** Names the file in errors. */
  readonly source?: string;
}

export interface ReadPickle {
  readonly value: PythonValue;
  /** First byte after the pickle. */
  readonly end: number;
}

const mark = Symbol('mark');
type Slot = PythonValue | typeof mark;

/** No number of a checkpoint needs more bytes. */
const longestInteger = 64;
const highestProtocol = 5;

/**
 * Reads a pickle (protocols 0 to 5) without running it: a call is carried out only where its callee is on a short list of
 * containers and tensors, and every other class is either kept as data (`argparse.Namespace`) or refused.
 *
 * @throws PickleError with the offset, and every class or function that was refused.
 * @example
 * readPickle(Uint8Array.of(0x80, 2, 0x4b, 7, 0x2e)).value; // 7
 */
export function readPickle(bytes: Uint8Array, { start = 0, allow = [], source = 'the pickle' }: ReadPickleOptions = {}): ReadPickle {
  return new PickleMachine(new ByteCursor(bytes, start, source), new Set(allow), source).run();
}

class PickleMachine {
  private readonly stack: Slot[] = [];
  private readonly memo = new Map<number, PythonValue>();
  private readonly cursor: ByteCursor;
  private readonly allow: ReadonlySet<string>;
  private readonly source: string;
  private begin = 0;
  /** Names that are not allowed, each with its first byte: all are told at once. */
  private readonly refused = new Map<string, number>();

  constructor(cursor: ByteCursor, allow: ReadonlySet<string>, source: string) {
    this.cursor = cursor;
    this.allow = allow;
    this.source = source;
  }

  run(): ReadPickle {
    try {
      const read = this.read();
      if (this.refused.size === 0) return read;
    } catch (error) {
      // What follows a refused name may not make sense without it; a piece that ends too early is read again with more of the file.
      if (this.refused.size === 0 || (error instanceof PickleError && error.truncated)) throw error;
    }
    throw refusal(this.source, this.refused);
  }

  private read(): ReadPickle {
    for (;;) {
      this.begin = this.cursor.position;
      const code = this.cursor.uint8();
      if (code === 0x2e) return { value: this.pop(), end: this.cursor.position };
      const operation = operations[code];
      if (operation === undefined) throw this.fail(`the operation 0x${code.toString(16).padStart(2, '0')} is not read here`);
      operation(this, this.cursor);
    }
  }

  fail(problem: string): PickleError {
    return this.cursor.fail(problem, this.begin);
  }

  push(value: Slot): void {
    this.stack.push(value);
  }

  pop(): PythonValue {
    const value = this.stack.pop();
    if (value === undefined || value === mark) throw this.fail('a value was needed on the stack, got none');
    return value;
  }

  top(): PythonValue {
    const value = this.pop();
    this.stack.push(value);
    return value;
  }

  /** Everything above the last mark, which goes too. */
  popMark(): PythonValue[] {
    const at = this.stack.lastIndexOf(mark);
    if (at < 0) throw this.fail('a mark was needed on the stack, got none');
    const values = this.stack.splice(at).slice(1);
    return values as PythonValue[];
  }

  store(index: number): void {
    this.memo.set(index, this.top());
  }

  memoize(): void {
    this.store(this.memo.size);
  }

  load(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.fail(`entry ${String(index)} of the memo was needed, got none`);
    this.push(value);
  }

  global(module: string, name: string): void {
    const found = new PythonGlobal(module, name);
    // Only a name, of which a call makes a record: nothing is run, and the whole pickle is refused at its end.
    if (!isAllowed(found.path, this.allow) && !this.refused.has(found.path)) this.refused.set(found.path, this.begin);
    this.push(found);
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof PythonGlobal) || !Array.isArray(args)) throw this.fail('a call needs a name and its arguments');
    this.push(this.made(callee, args));
  }

  made(callee: PythonGlobal, args: readonly PythonValue[]): PythonValue {
    const value = construct(callee, args);
    if (value === undefined) throw this.fail(`the arguments of '${callee.path}' do not fit`);
    return value;
  }

  build(): void {
    const state = this.pop();
    const target = this.top();
    // Attributes of a dict or a tensor say nothing about its values.
    if (target instanceof PythonRecord) target.state = state;
  }

  setItems(pairs: readonly PythonValue[]): void {
    const target = this.top();
    const entries: PythonDict | undefined = target instanceof Map ? target : target instanceof PythonRecord ? target.entries : undefined;
    if (entries === undefined || pairs.length % 2 !== 0) throw this.fail('a dict and pairs were needed');
    for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
  }

  append(values: readonly PythonValue[]): void {
    const target = this.top();
    const items = Array.isArray(target) ? target : target instanceof PythonRecord ? target.items : undefined;
    if (items === undefined) throw this.fail('a list was needed');
    for (const value of values) items.push(value);
  }

  addToSet(values: readonly PythonValue[]): void {
    const target = this.top();
    if (!(target instanceof Set)) throw this.fail('a set was needed');
    for (const value of values) target.add(value);
  }

  integer(bytes: Uint8Array): void {
    if (bytes.length > longestInteger) throw this.fail(`a whole number of at most ${String(longestInteger)} bytes was needed, got ${String(bytes.length)}`);
    let value = 0n;
    for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
    this.push(narrow(BigInt.asIntN(bytes.length * 8, value)));
  }

  decimal(text: string): void {
    if (!/^[+-]?\d{1,150}$/.test(text)) throw this.fail(`a whole number was needed, got '${text.slice(0, 20)}'`);
    this.push(narrow(BigInt(text)));
  }

  protocol(version: number): void {
    if (version > highestProtocol) throw this.fail(`protocol ${String(highestProtocol)} or below was needed, got ${String(version)}`);
  }

  word(): string {
    const value = this.pop();
    if (typeof value !== 'string') throw this.fail('a name was needed');
    return value;
  }
}

const narrow = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);

/** One letter for each byte, as Python 2 wrote text and bytes alike. */
const latin = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

/** `'…'` of protocol 0. */
function quoted(line: string): string {
  return line.replace(/^(['"])(.*)\1$/s, '$2').replaceAll(/\\(x[0-9a-f]{2}|.)/g, (_, escape: string) => {
    if (escape.length > 1) return String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[escape] ?? escape;
  });
}

type Operation = (machine: PickleMachine, cursor: ByteCursor) => void;

/** By code; names in the comments are those of Python's pickletools. */
const operations: Readonly<Record<number, Operation>> = {
  0x28: (m) => m.push(mark), // MARK
  0x30: (m) => void m.pop(), // POP
  0x31: (m) => void m.popMark(), // POP_MARK
  0x32: (m) => m.push(m.top()), // DUP
  0x46: (m, c) => m.push(Number(c.line())), // FLOAT
  0x49: (m, c) => {
    const text = c.line(); // INT
    if (text === '00' || text === '01') m.push(text === '01');
    else m.decimal(text);
  },
  0x4a: (m, c) => m.push(c.int32()), // BININT
  0x4b: (m, c) => m.push(c.uint8()), // BININT1
  0x4c: (m, c) => m.decimal(c.line().replace(/L$/, '')), // LONG
  0x4d: (m, c) => m.push(c.uint16()), // BININT2
  0x4e: (m) => m.push(null), // NONE
  0x51: (m) => m.push(new PersistentReference(m.pop())), // BINPERSID
  0x52: (m) => m.call(), // REDUCE
  0x53: (m, c) => m.push(quoted(c.line())), // STRING
  0x54: (m, c) => m.push(latin(c.take(c.uint32()))), // BINSTRING
  0x55: (m, c) => m.push(latin(c.take(c.uint8()))), // SHORT_BINSTRING
  0x56: (m, c) => m.push(c.line()), // UNICODE
  0x58: (m, c) => m.push(c.text(c.uint32())), // BINUNICODE
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x61: (m) => {
    const value = m.pop(); // APPEND
    m.append([value]);
  },
  0x62: (m) => m.build(), // BUILD
  0x63: (m, c) => {
    const module = c.line(); // GLOBAL
    m.global(module, c.line());
  },
  0x64: (m) => {
    const pairs = m.popMark(); // DICT
    m.push(new Map());
    m.setItems(pairs);
  },
  0x65: (m) => m.append(m.popMark()), // APPENDS
  0x67: (m, c) => m.load(Number(c.line())), // GET
  0x68: (m, c) => m.load(c.uint8()), // BINGET
  0x6a: (m, c) => m.load(c.uint32()), // LONG_BINGET
  0x6c: (m) => m.push(m.popMark()), // LIST
  0x70: (m, c) => m.store(Number(c.line())), // PUT
  0x71: (m, c) => m.store(c.uint8()), // BINPUT
  0x72: (m, c) => m.store(c.uint32()), // LONG_BINPUT
  0x73: (m) => {
    const value = m.pop(); // SETITEM
    const key = m.pop();
    m.setItems([key, value]);
  },
  0x74: (m) => m.push(m.popMark()), // TUPLE
  0x75: (m) => m.setItems(m.popMark()), // SETITEMS
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x29: (m) => m.push([]), // EMPTY_TUPLE
  0x80: (m, c) => m.protocol(c.uint8()), // PROTO
  0x81: (m) => m.call(), // NEWOBJ
  0x85: (m) => m.push([m.pop()]), // TUPLE1
  0x86: (m) => {
    const second = m.pop(); // TUPLE2
    m.push([m.pop(), second]);
  },
  0x87: (m) => {
    const third = m.pop(); // TUPLE3
    const second = m.pop();
    m.push([m.pop(), second, third]);
  },
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x8a: (m, c) => m.integer(c.take(c.uint8())), // LONG1
  0x8b: (m, c) => m.integer(c.take(c.int32())), // LONG4
  0x42: (m, c) => m.push(c.take(c.uint32())), // BINBYTES
  0x43: (m, c) => m.push(c.take(c.uint8())), // SHORT_BINBYTES
  0x47: (m, c) => m.push(c.float64()), // BINFLOAT
  0x8c: (m, c) => m.push(c.text(c.uint8())), // SHORT_BINUNICODE
  0x8d: (m, c) => m.push(c.text(c.uint64())), // BINUNICODE8
  0x8e: (m, c) => m.push(c.take(c.uint64())), // BINBYTES8
  0x8f: (m) => m.push(new Set()), // EMPTY_SET
  0x90: (m) => m.addToSet(m.popMark()), // ADDITEMS
  0x91: (m) => m.push(new Set(m.popMark())), // FROZENSET
  0x92: (m) => {
    m.pop(); // NEWOBJ_EX: keyword arguments are no part of what is kept
    m.call();
  },
  0x93: (m) => {
    const name = m.word(); // STACK_GLOBAL
    m.global(m.word(), name);
  },
  0x94: (m) => m.memoize(), // MEMOIZE
  0x95: (_, c) => void c.uint64(), // FRAME
  0x96: (m, c) => m.push(c.take(c.uint64())), // BYTEARRAY8
};
