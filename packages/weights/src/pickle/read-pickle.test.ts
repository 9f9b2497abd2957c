import { isSslError } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import { PickleError } from './pickle-error.js';
import { PythonRecord } from './python-values.js';
import { readPickle } from './read-pickle.js';

const bytes = (...parts: (string | number)[]): Uint8Array => Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part, 'latin1'))));
const value = (...parts: (string | number)[]) => readPickle(bytes(...parts)).value;

function errorOf(action: () => unknown): PickleError {
  try {
    action();
  } catch (error) {
    expect(isSslError(error)).toBe(true);
    if (error instanceof PickleError) return error;
  }
  throw new Error('nothing was thrown');
}

describe('readPickle', () => {
  it('reads what Python 3.14 wrote', () => {
    // pickle.dumps({'a': [1, -2, 3.5, None, True, 'é'], 'b': (1, 2), 'c': b'\x00\xff', 'd': 2**70, 'e': {1}, 'f': -2**40}, protocol=4)
    const written =
      '8004954d000000000000007d94288c016194' +
      '5d9428' + '4b01' + '4afeffffff' + '47400c000000000000' + '4e' + '88' + '8c02c3a994' + '65' +
      '8c016294' + '4b014b028694' + '8c016394' + '430200ff94' + '8c016494' + '8a09000000000000000040' +
      '8c016594' + '8f94284b0190' + '8c016694' + '8a06000000000' + '0ff' + '752e';
    const read = readPickle(Buffer.from(written, 'hex')).value as Map<string, unknown>;
    expect(read.get('a')).toEqual([1, -2, 3.5, null, true, 'é']);
    expect(read.get('b')).toEqual([1, 2]);
    expect([...(read.get('c') as Uint8Array)]).toEqual([0, 255]);
    expect(read.get('d')).toBe(2n ** 70n);
    expect([...(read.get('e') as Set<number>)]).toEqual([1]);
    expect(read.get('f')).toBe(-(2 ** 40));
  });

  it('reads protocol 0, the one of text', () => {
    expect(value("(lp0\nI1\naL12345678901234567890L\naF0.5\naS'a\\x41\\n'\np1\nag1\naI01\naVtext\na.")).toEqual([1, 12345678901234567890n, 0.5, 'aA\n', 'aA\n', true, 'text']);
    expect(value("(dp0\nS'k'\nI2\ns.")).toEqual(new Map([['k', 2]]));
  });

  it('shares what the memo shares', () => {
    const [first, second] = value(0x5d, 'q', 0, 'h', 0, 0x86, '.') as [unknown, unknown];
    expect(first).toBe(second);
  });

  it('keeps a Namespace as data', () => {
    const record = value('cargparse\nNamespace\n)\x81}X\x02\0\0\0lrK\x05sb.') as PythonRecord;
    expect(record).toBeInstanceOf(PythonRecord);
    expect(record.type).toBe('argparse.Namespace');
    expect(record.state).toEqual(new Map([['lr', 5]]));
  });

  it.each([
    ['os.system', "cos\nsystem\n(S'echo owned'\ntR."],
    ['builtins.eval', 'cbuiltins\neval\n(X\x01\0\0\x001tR.'],
    ['posix.system', '\x80\x04\x8c\x05posix\x8c\x06system\x93.'],
    ['builtins.getattr', 'cbuiltins\ngetattr\n.'],
    ['torch.hub.load', 'ctorch.hub\nload\n.'],
    ['collections.OrderedDict.__init__', 'ccollections\nOrderedDict.__init__\n.'],
    ['__main__.Model', 'c__main__\nModel\n.'],
  ])('refuses %s, by name and place', (path, pickle) => {
    const error = errorOf(() => value(pickle));
    expect(error.refused).toEqual([path]);
    expect(error.offset).toBe(pickle.startsWith('\x80') ? 17 : 0);
    expect(error.message).toContain(`'${path}' at byte ${String(error.offset)}`);
  });

  it('tells every refused name at once, and the flag that it tells is enough', () => {
    // {'cfg': DictConfig() with a state of Metadata, 'lr': 0.5}, twice the same class
    const pickle = "}(X\x03\0\0\0cfgcomegaconf.dictconfig\nDictConfig\n)\x81}X\x01\0\0\0mcomegaconf.base\nMetadata\n)\x81sbX\x01\0\0\0acomegaconf.dictconfig\nDictConfig\n)\x81u.";
    const error = errorOf(() => value(pickle));
    expect(error.refused).toEqual(['omegaconf.dictconfig.DictConfig', 'omegaconf.base.Metadata']);
    const allow = /--allow ([^)]+)\)/.exec(error.message)?.[1]?.split(' ') ?? [];
    const read = readPickle(bytes(pickle), { allow }).value as Map<string, PythonRecord>;
    expect(read.get('cfg')?.type).toBe('omegaconf.dictconfig.DictConfig');
  });

  it('does not offer to keep what acts on the machine', () => {
    const { message } = errorOf(() => value("cos\nsystem\n(S'echo owned'\ntR."));
    expect(message).toMatch(/do not open this file in Python/);
    expect(message).not.toMatch(/--allow/);
  });

  it('keeps a class that was allowed as data, and still runs nothing', () => {
    const record = readPickle(bytes("cos\nsystem\n(S'echo owned'\ntR."), { allow: ['os.system'] }).value as PythonRecord;
    expect(record).toBeInstanceOf(PythonRecord);
    expect(record.args).toEqual(['echo owned']);
  });

  it.each([
    ['an empty file', '', /byte 0 1 bytes were needed/],
    ['text that is announced longer than the file', 'X\xff\xff\xff\x7fa', /ends too early: at byte 5/],
    ['bytes of 2^63', '\x8e\xff\xff\xff\xff\xff\xff\xff\x7f', /length below 2\^53/],
    ['a negative length', '\x8b\xff\xff\xff\xff', /ends too early/],
    ['a whole number of a megabyte', `\x8b\x00\x00\x10\x00${'\x01'.repeat(2 ** 20)}.`, /at most 64 bytes/],
    ['an entry of the memo that is not there', 'h\x07.', /byte 0 entry 7 of the memo/],
    ['an empty stack', '.', /a value was needed on the stack/],
    ['a mark where a value was needed', '(.', /a value was needed/],
    ['no mark', 't.', /a mark was needed/],
    ['items for a number', 'K\x01K\x02a.', /a list was needed/],
    ['odd pairs', '}(K\x01u.', /a dict and pairs were needed/],
    ['a call of a number', 'K\x01)R.', /a call needs a name/],
    ['an extension', '\x82\x01.', /operation 0x82/],
    ['an instance of protocol 0', '(ios\nsystem\n.', /operation 0x69/],
    ['a protocol of the future', '\x80\x09.', /protocol 5 or below/],
    ['text that is not UTF-8', 'X\x01\0\0\0\xff.', /not UTF-8/],
    ['a line without end', 'cos', /ends too early/],
    ['arguments that do not fit a tensor', 'ctorch._utils\n_rebuild_tensor_v2\n(K\x01K\x02tR.', /arguments of 'torch._utils._rebuild_tensor_v2'/],
  ])('says what is wrong with %s', (_, pickle, message) => {
    expect(errorOf(() => value(pickle)).message).toMatch(message);
  });

  it('ends for every piece of a pickle with an error, never another way', () => {
    const whole = bytes('\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01K\x02eX\x01\x00\x00\x00bq\x03G?\xe0\x00\x00\x00\x00\x00\x00u.');
    expect(readPickle(whole).end).toBe(whole.length);
    for (let length = 0; length < whole.length; length++) expect(() => readPickle(whole.subarray(0, length))).toThrow(PickleError);
  });
});
