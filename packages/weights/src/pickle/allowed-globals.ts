import { PersistentReference, PythonGlobal, PythonRecord, PythonTensor, type PythonDict, type PythonValue } from './python-values.js';

/** Makes a value of a call's arguments; `undefined` where they do not fit. */
export type Construct = (args: readonly PythonValue[]) => PythonValue | undefined;

const isCount = (value: PythonValue | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: PythonValue | undefined): value is number[] => Array.isArray(value) && value.every(isCount);

/** `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, …)`. */
const rebuildTensor: Construct = ([storage, offset, shape, strides]) => {
  if (!(storage instanceof PersistentReference) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) return undefined;
  return shape.length === strides.length ? new PythonTensor(storage, { offset, shape, strides }) : undefined;
};

const rebuildTensorWithType: Construct = (args) => {
  const tensor = rebuildTensor(args);
  const dtype = args[6];
  if (!(tensor instanceof PythonTensor) || !(dtype instanceof PythonGlobal)) return undefined;
  const { storage, offset, shape, strides } = tensor;
  return new PythonTensor(storage, { offset, shape, strides, dtype: dtype.path });
};

const firstTensor: Construct = ([tensor]) => (tensor instanceof PythonTensor ? tensor : undefined);

/** `torch._tensor._rebuild_from_type_v2(function, type, args, state)`: a tensor with attributes, which are left out. */
const rebuildFromType: Construct = ([rebuild, , args]) =>
  rebuild instanceof PythonGlobal && Array.isArray(args) ? constructors.get(rebuild.path)?.(args) : undefined;

/** Pairs, or nothing. */
const dictionary: Construct = ([pairs]) => {
  if (pairs === undefined) return new Map();
  if (pairs instanceof Map) return new Map(pairs);
  if (!Array.isArray(pairs) || !pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return new Map(pairs as [PythonValue, PythonValue][]);
};

const list: Construct = ([items]) => (items === undefined ? [] : Array.isArray(items) ? [...items] : undefined);
const set: Construct = ([items]) => new Set(Array.isArray(items) ? items : []);

/** `_codecs.encode(text, 'latin1')`: how protocol 2 writes bytes. */
const encode: Construct = ([text]) => (typeof text === 'string' ? Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff) : undefined);

/** The calls that are carried out, every one of them here. */
const constructors: ReadonlyMap<string, Construct> = new Map<string, Construct>([
  ['collections.OrderedDict', dictionary],
  ['collections.Counter', dictionary],
  ['collections.defaultdict', () => new Map() as PythonDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_tensor_v3', rebuildTensorWithType],
  ['torch._utils._rebuild_parameter', firstTensor],
  ['torch._utils._rebuild_parameter_with_state', firstTensor],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
  ['torch.Size', list],
  ['_codecs.encode', encode],
  ...['builtins', '__builtin__'].flatMap((module): [string, Construct][] => [
    [`${module}.dict`, dictionary],
    [`${module}.list`, list],
    [`${module}.tuple`, list],
    [`${module}.set`, set],
    [`${module}.frozenset`, set],
  ]),
]);

/** Objects that checkpoints carry beside their tensors: kept as data, never made. */
const inert: ReadonlySet<string> = new Set([
  'argparse.Namespace',
  'types.SimpleNamespace',
  'torch.device',
  'datetime.datetime',
  'datetime.date',
  'datetime.time',
  'datetime.timedelta',
  'datetime.timezone',
  'uuid.UUID',
  'decimal.Decimal',
  'collections.deque',
  'torch.torch_version.TorchVersion',
  'pathlib.Path',
  'pathlib.PosixPath',
  'pathlib.PurePosixPath',
  'pathlib.WindowsPath',
  'pathlib.PureWindowsPath',
  'pathlib._local.PosixPath',
  'pathlib._local.WindowsPath',
  ...['numpy.core.multiarray', 'numpy._core.multiarray'].flatMap((module) => [`${module}.scalar`, `${module}._reconstruct`]),
  'numpy.dtype',
  'numpy.ndarray',
  'pytorch_lightning.utilities.parsing.AttributeDict',
  'lightning_fabric.utilities.data.AttributeDict',
  'lightning.fabric.utilities.data.AttributeDict',
  ...['builtins', '__builtin__'].flatMap((module) => ['int', 'float', 'bool', 'str', 'bytes', 'bytearray', 'complex', 'slice', 'range', 'object'].map((name) => `${module}.${name}`)),
  'torch.nn.parameter.Parameter',
  'torch.Tensor',
  'torch._tensor.Tensor',
]);

/** Names of numbers' types and storages: `torch.float32`, `torch.HalfStorage`, `torch.storage.UntypedStorage`. */
const typeName = /^torch\.((cuda|storage)\.)?(\w+Storage|u?int\d+|float\d+(_\w+)?|bfloat16|bool|complex\d+|q?u?int\d+)$/;

/** May a pickle name this class or function? */
export function isAllowed(path: string, more: ReadonlySet<string>): boolean {
  return constructors.has(path) || inert.has(path) || more.has(path) || typeName.test(path);
}

/** What a call gives: a value, or a record where the callee is only kept as data. */
export function construct(callee: PythonGlobal, args: readonly PythonValue[]): PythonValue | undefined {
  const known = constructors.get(callee.path);
  return known === undefined ? new PythonRecord(callee.path, args) : known(args);
}
